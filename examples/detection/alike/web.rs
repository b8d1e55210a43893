//! Scripts, links and packages.

use crate::kit::draw::{Draw, LOWER, UPPER};
use crate::kit::forms::{ORDINARY, TEXT};
use crate::kit::kind::{Kind, kind};

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("object-url-unsigned", "link", &["url", "download_url", "href"], ORDINARY, |d| {
            let bucket = d.word();
            format!(
                "https://{bucket}-assets.s3.eu-central-1.amazonaws.com/{}/{}/{}.pdf",
                d.hex(2),
                d.uuid('4'),
                d.alnum(22)
            )
        }),
        kind("link-with-tracking", "link", &["url", "link", "redirect"], ORDINARY, |d| {
            format!(
                "https://www.example.com/p/{}?utm_source=mail&utm_id={}&gclid=Cj0KCQ{}&fbclid=IwAR{}",
                d.word(),
                d.digits(11),
                d.url_safe(60),
                d.url_safe(55)
            )
        }),
        kind("video-and-drive-ids", "link", &["url", "embed", "video"], ORDINARY, |d| match d.below(2) {
            0 => format!("https://video.example.com/watch?v={}&list=PL{}", d.url_safe(11), d.url_safe(32)),
            _ => format!("https://drive.example.com/file/d/1{}/view", d.url_safe(32)),
        }),
        kind("minified-script", "script", &["code"], TEXT, minified),
        kind("minified-login-script", "script", &["code"], TEXT, |d| {
            format!(
                "function {}(e,t){{var n=e.password||\"\",r=t.token?t.token:null;return n.length<8?{{error:\"password\"}}:\
                 {{apiKey:i.apiKey,secret:o(n),authorization:\"Bearer \"+r,password:e.password,k:\"{}\"}}}}",
                d.pick(&["a", "Ze", "qt"]),
                d.word()
            )
        }),
        kind("package-names", "package", &["package", "name", "dependency"], ORDINARY, |d| {
            d.pick(&[
                "npm_config_registry",
                "sk-learn-contrib",
                "ghp-import",
                "hf-transfer",
                "pk-input-otp-control",
                "glpat-rotator-service",
                "rk-metrics-exporter",
                "xoxb-client-typescript",
                "sk-animated-skeleton-loader-v2",
                "shpat-theme-tools",
                "dop-v1-client",
                "re-resizable-panels-react",
                "pat-pattern-library-components",
            ])
            .to_owned()
        }),
        kind("css-classes", "class", &["class", "className"], ORDINARY, |d| {
            format!(
                "css-{} MuiButton-root sc-{} jsx-{} _{}_{}_1",
                d.hex(7),
                d.alnum(8),
                d.digits(10),
                d.word(),
                d.alnum(5)
            )
        }),
        kind("svg-path", "icon", &["d", "path", "icon"], ORDINARY, |d| {
            (0..14)
                .map(|_| {
                    format!(
                        "M{}.{} {}.{}l{}-{}",
                        d.below(99),
                        d.below(99),
                        d.below(99),
                        d.below(9),
                        d.below(9),
                        d.below(99)
                    )
                })
                .collect()
        }),
        kind("source-map", "source map", &["mappings"], ORDINARY, |d| {
            (0..30).map(|_| d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 4) + ",").collect()
        }),
        kind("nonce-attribute", "policy", &["Content-Security-Policy", "csp"], ORDINARY, |d| {
            format!("script-src 'self' 'nonce-{}' 'sha256-{}'", d.base64(16), d.base64(32))
        }),
        kind("user-agent", "user agent", &["user_agent", "User-Agent"], ORDINARY, |d| {
            format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/{}.0.{}.{} Safari/537.36",
                d.between(100, 140),
                d.digits(4),
                d.digits(2)
            )
        }),
        kind("file-paths", "path", &["path", "file", "cwd"], ORDINARY, |d| {
            format!(
                "/var/lib/{}/{}/{}-{}/secrets/token.{}",
                d.word(),
                d.hex(2),
                d.word(),
                d.hex(8),
                d.pick(&["json", "txt"])
            )
        }),
    ]
}

fn minified(draw: &mut Draw) -> String {
    let mut out =
        String::from("!function(e,t){\"object\"==typeof exports?module.exports=t():e.lib=t()}(this,(function(){");
    for _ in 0..12 {
        let (a, b, c) = (draw.of(LOWER, 1), draw.of(UPPER, 2), draw.hex(6));
        out.push_str(&format!(
            "var {a}={{key:\"{}\",id:\"{c}\",t:0x{c}}};{b}.prototype.{}=function(e){{return this._{a}[e>>>{}]^e}};",
            draw.word(),
            draw.word(),
            draw.below(32)
        ));
    }
    out + "}));"
}
