//! Authorization headers. Source: RFC 7617, RFC 6750 and the schemes of common servers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kit::forms::HEADER;
use crate::kit::kind::{Kind, kind, marked};

const NAMES: &[&str] = &["Authorization", "authorization", "Proxy-Authorization"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("header-basic", "authorization header", NAMES, HEADER, |d| {
            let pair = format!("{}:{}", d.word(), d.password());
            format!("Basic {}", marked(&STANDARD.encode(pair)))
        }),
        kind("header-bearer-opaque", "authorization header", NAMES, HEADER, |d| {
            let token = d.url_safe(43);
            format!("Bearer {}", marked(&token))
        }),
        kind("header-bearer-hex", "authorization header", NAMES, HEADER, |d| {
            let token = d.hex(40);
            format!("Bearer {}", marked(&token))
        }),
        kind("header-token", "authorization header", NAMES, HEADER, |d| {
            let token = d.hex(40);
            format!("Token {}", marked(&token))
        }),
        kind("header-ssws", "authorization header", NAMES, HEADER, |d| {
            let token = format!("00{}", d.url_safe(40));
            format!("SSWS {}", marked(&token))
        }),
        kind("header-api-key", "API key header", &["X-Api-Key", "x-api-key", "Api-Key"], HEADER, |d| d.alnum(40)),
        kind("header-splunk", "Splunk header", NAMES, HEADER, |d| {
            let token = d.uuid('4');
            format!("Splunk {}", marked(&token))
        }),
    ]
}
