//! Hosts, networks and platforms. Source: their documentation of API tokens.

use crate::kit::codes::{base62, crc32};
use crate::kit::draw::{ALNUM, Draw, HEX, LOWER_DIGITS};
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["token", "api_token", "access_token", "deploy_token", "value"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("digitalocean-personal", "DigitalOcean token", NAMES, ANY, |d| format!("dop_v1_{}", d.hex(64))),
        kind("digitalocean-oauth", "DigitalOcean OAuth token", NAMES, ANY, |d| format!("doo_v1_{}", d.hex(64))),
        kind("digitalocean-refresh", "DigitalOcean refresh token", NAMES, ANY, |d| format!("dor_v1_{}", d.hex(64))),
        kind("heroku", "Heroku token", NAMES, ANY, |d| format!("HRKU-AA{}", d.url_safe(58))),
        kind("heroku-legacy", "Heroku API key", &["heroku_api_key", "HEROKU_API_KEY", "heroku_key"], NAMED, |d| {
            d.uuid('4')
        }),
        kind("cloudflare-user", "Cloudflare API token", NAMES, ANY, |d| cloudflare(d, "cfut_")),
        kind("cloudflare-global", "Cloudflare global key", NAMES, ANY, |d| cloudflare(d, "cfk_")),
        kind("cloudflare-legacy", "Cloudflare API token", &["cloudflare_api_token", "CF_API_TOKEN"], NAMED, |d| {
            d.url_safe(40)
        }),
        kind("cloudflare-origin-ca", "Cloudflare Origin CA key", NAMES, ANY, |d| {
            format!("v1.0-{}-{}", d.of(HEX, 24), d.of(HEX, 146))
        }),
        kind("fastly", "Fastly API token", &["fastly_api_token", "fastly_key", "Fastly-Key"], NAMED, |d| {
            d.url_safe(32)
        }),
        kind("netlify", "Netlify token", NAMES, ANY, |d| format!("nfp_{}", d.alnum(36))),
        kind("vercel-personal", "Vercel token", NAMES, ANY, |d| vercel(d, "vcp_")),
        kind("vercel-key", "Vercel AI Gateway key", NAMES, ANY, |d| vercel(d, "vck_")),
        kind("vercel-legacy", "Vercel token", &["vercel_token", "VERCEL_TOKEN"], NAMED, |d| d.alnum(24)),
        kind("fly-io", "Fly.io token", NAMES, ANY, |d| format!("FlyV1 fm2_{}", d.base64(240))),
        kind("render", "Render API key", NAMES, ANY, |d| format!("rnd_{}", d.alnum(28))),
        kind("scaleway", "Scaleway secret key", &["scw_secret_key", "SCW_SECRET_KEY"], NAMED, |d| d.uuid('4')),
        kind("linode", "Linode token", &["linode_token", "LINODE_TOKEN"], NAMED, |d| d.of(HEX, 64)),
        kind("tailscale", "Tailscale auth key", NAMES, ANY, |d| {
            format!("tskey-auth-k{}CNTRL-{}", d.alnum(11), d.of(ALNUM, 32))
        }),
        kind("ngrok", "ngrok token", &["ngrok_authtoken", "NGROK_AUTHTOKEN", "authtoken"], NAMED, |d| {
            format!("2{}_{}", d.alnum(26), d.of(ALNUM, 21))
        }),
        kind("supabase-personal", "Supabase access token", NAMES, ANY, |d| format!("sbp_{}", d.hex(40))),
        kind("supabase-secret", "Supabase secret key", &["supabase_key", "secret_key", "apikey"], ANY, |d| {
            format!("sb_secret_{}_{}", d.url_safe(22), d.of(LOWER_DIGITS, 8))
        }),
    ]
}

/// Forty characters and a checksum (developers.cloudflare.com, "Token formats"): eight hexadecimal digits.
fn cloudflare(draw: &mut Draw, prefix: &str) -> String {
    let body = draw.alnum(40);
    let sum = crc32(format!("{prefix}{body}").as_bytes());
    format!("{prefix}{body}{sum:08x}")
}

fn vercel(draw: &mut Draw, prefix: &str) -> String {
    let body = draw.alnum(50);
    let sum = base62(crc32(body.as_bytes()), 6);
    format!("{prefix}{body}{sum}")
}
