//! Digests and what is named after them.

use crate::kit::draw::{Draw, UPPER_DIGITS};
use crate::kit::forms::{ORDINARY, TEXT};
use crate::kit::kind::{Kind, kind};

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("git-sha", "commit", &["sha", "commit", "commit_sha", "revision"], ORDINARY, |d| d.hex(40)),
        kind("sha256", "checksum", &["sha256", "checksum", "digest", "content_hash"], ORDINARY, |d| d.hex(64)),
        kind("sha512", "checksum", &["sha512", "checksum"], ORDINARY, |d| d.hex(128)),
        kind("md5", "checksum", &["md5", "Content-MD5", "md5sum", "hash"], ORDINARY, |d| d.hex(32)),
        kind("image-digest", "image", &["image", "digest", "imageID"], ORDINARY, |d| {
            format!("registry.example.com/{}/{}@sha256:{}", d.word(), d.word(), d.hex(64))
        }),
        kind("etag", "ETag", &["ETag", "etag", "If-None-Match"], ORDINARY, |d| match d.below(3) {
            0 => format!("W/\"{:x}-{}\"", d.below(99_999), d.url_safe(27)),
            1 => format!("\"{}\"", d.hex(32)),
            _ => format!("\"{}-{}\"", d.hex(32), d.between(2, 40)),
        }),
        kind("sri-hash", "integrity", &["integrity", "sri"], ORDINARY, |d| match d.below(2) {
            0 => format!("sha384-{}", d.base64(48)),
            _ => format!("sha256-{}", d.base64(32)),
        }),
        kind("script-tag-integrity", "page", &["html"], TEXT, |d| {
            format!(
                "<script src=\"https://cdn.example.com/{}@{}.{}.{}/dist/index.min.js\" integrity=\"sha384-{}\" \
                 crossorigin=\"anonymous\"></script>",
                d.word(),
                d.below(9),
                d.below(30),
                d.below(9),
                d.base64(48)
            )
        }),
        kind("lock-file-lines", "lock file", &["lock"], TEXT, lock),
        kind("go-sum-lines", "go.sum", &["sum"], TEXT, |d| {
            (0..4)
                .map(|_| {
                    let (a, b) = (d.word(), d.word());
                    format!("github.com/{a}/{b} v{}.{}.{} h1:{}\n", d.below(3), d.below(30), d.below(9), d.base64(32))
                })
                .collect()
        }),
        kind("hashed-file-names", "asset", &["src", "href", "asset", "file"], ORDINARY, |d| match d.below(3) {
            0 => format!("/static/js/main.{}.chunk.js", d.hex(8)),
            1 => format!("/assets/index-{}.css", d.url_safe(8)),
            _ => format!("/_next/static/chunks/{}-{}.js", d.below(9000), d.hex(16)),
        }),
        kind("ssh-fingerprint", "fingerprint", &["fingerprint", "host_key"], ORDINARY, |d| {
            if d.one_in(2) {
                format!("SHA256:{}", d.base64(32).trim_end_matches('='))
            } else {
                d.bytes(16).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
            }
        }),
        kind("certificate-serial", "serial", &["serial_number", "serial"], ORDINARY, |d| {
            d.bytes(18).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
        }),
        kind("licence-plate-codes", "voucher", &["coupon", "voucher", "promo_code"], ORDINARY, |d| {
            format!("{}-{}-{}", d.of(UPPER_DIGITS, 4), d.of(UPPER_DIGITS, 4), d.of(UPPER_DIGITS, 4))
        }),
    ]
}

fn lock(draw: &mut Draw) -> String {
    match draw.below(3) {
        0 => {
            let name = draw.word();
            let version = format!("{}.{}.{}", draw.below(9), draw.below(20), draw.below(20));
            format!(
                "    \"node_modules/{name}\": {{\n      \"version\": \"{version}\",\n      \"resolved\": \
                 \"https://packages.example.com/{name}/-/{name}-{version}.tgz\",\n      \"integrity\": \"sha512-{}\"\n    }},\n",
                draw.base64(64)
            )
        }
        1 => format!(
            "[[package]]\nname = \"{}\"\nversion = \"{}.{}.0\"\nchecksum = \"{}\"\n",
            draw.word(),
            draw.below(3),
            draw.below(40),
            draw.hex(64)
        ),
        _ => format!(
            "{}=={}.{}.{} \\\n    --hash=sha256:{} \\\n    --hash=sha256:{}\n",
            draw.word(),
            draw.below(5),
            draw.below(30),
            draw.below(9),
            draw.hex(64),
            draw.hex(64)
        ),
    }
}
