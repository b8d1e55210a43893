//! Tools for teams. Source: the vendors' documentation of tokens.

use crate::kit::codes::crc32;
use crate::kit::draw::{ALNUM, Draw, HEX};
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["token", "api_key", "access_token", "integration_token", "value"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("atlassian-api", "Atlassian API token", NAMES, ANY, |d| atlassian(d, "ATATT3xFfGF0", 171)),
        kind("atlassian-access", "Atlassian access token", NAMES, ANY, |d| atlassian(d, "ATCTT3xFfGN0", 171)),
        kind("atlassian-legacy", "Jira API token", &["jira_api_token", "JIRA_TOKEN", "atlassian_token"], NAMED, |d| {
            d.alnum(24)
        }),
        kind("linear", "Linear API key", NAMES, ANY, |d| format!("lin_api_{}", d.alnum(40))),
        kind("linear-oauth", "Linear OAuth token", NAMES, ANY, |d| format!("lin_oauth_{}", d.of(HEX, 64))),
        kind("notion", "Notion token", NAMES, ANY, |d| format!("ntn_{}{}", d.digits(11), d.alnum(35))),
        kind("notion-legacy", "Notion integration secret", NAMES, ANY, |d| format!("secret_{}", d.alnum(43))),
        kind("figma", "Figma token", NAMES, ANY, |d| format!("figd_{}", d.url_safe(40))),
        kind("airtable", "Airtable token", NAMES, ANY, |d| format!("pat{}.{}", d.of(ALNUM, 14), d.of(HEX, 64))),
        kind("asana", "Asana token", NAMES, ANY, |d| format!("2/{}/{}:{}", d.digits(16), d.digits(16), d.hex(32))),
        kind("dropbox", "Dropbox access token", NAMES, ANY, |d| format!("sl.u.{}", d.url_safe(150))),
        kind("postman", "Postman API key", NAMES, ANY, |d| format!("PMAK-{}-{}", d.of(HEX, 24), d.of(HEX, 34))),
        kind("mapbox-secret", "Mapbox secret token", NAMES, ANY, |d| {
            let claims =
                format!("{{\"u\":\"{}\",\"a\":\"cm{}\"}}", d.word(), d.of("abcdefghijklmnopqrstuvwxyz0123456789", 23));
            format!("sk.{}.{}", crate::kit::codes::base64url(claims.as_bytes()), d.url_safe(22))
        }),
        kind("algolia-admin", "Algolia admin key", &["algolia_admin_key", "ALGOLIA_ADMIN_API_KEY"], NAMED, |d| {
            d.hex(32)
        }),
        kind("hubspot", "HubSpot private app token", NAMES, ANY, |d| {
            format!("pat-{}-{}", d.pick(&["na1", "eu1"]), d.uuid('4'))
        }),
        kind("typeform", "Typeform token", NAMES, ANY, |d| format!("tfp_{}_{}", d.alnum(44), d.alnum(14))),
        kind("contentful", "Contentful management token", NAMES, ANY, |d| format!("CFPAT-{}", d.url_safe(43))),
        kind("readme", "ReadMe API key", NAMES, ANY, |d| format!("rdme_xn8s9h{}", d.of(HEX, 64))),
        kind("clickup", "ClickUp token", NAMES, ANY, |d| {
            format!("pk_{}_{}", d.digits(8), d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 32))
        }),
        kind("facebook-access", "Facebook access token", NAMES, ANY, |d| format!("EAAC{}", d.alnum(180))),
    ]
}

/// A body, an equals sign and a CRC-32 in capital hexadecimal digits.
fn atlassian(draw: &mut Draw, prefix: &str, n: usize) -> String {
    let body = format!("{prefix}{}", draw.url_safe(n));
    let sum = crc32(body.as_bytes());
    format!("{body}={sum:08X}")
}
