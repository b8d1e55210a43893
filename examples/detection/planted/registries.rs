//! Package registries and artefact stores. Source: their documentation of tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kit::codes::base64url;
use crate::kit::draw::{ALNUM, Draw, LOWER_DIGITS};
use crate::kit::forms::ANY;
use crate::kit::kind::{Kind, kind};

use super::code;

const NAMES: &[&str] = &["token", "registry_token", "publish_token", "auth_token", "api_key"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("npm", "npm access token", NAMES, ANY, |d| code::summed(d, "npm_")),
        kind("pypi", "PyPI upload token", NAMES, ANY, |d| macaroon(d, &["pypi", "org"].join("."))),
        kind("test-pypi", "TestPyPI upload token", NAMES, ANY, |d| macaroon(d, &["test", "pypi", "org"].join("."))),
        kind("rubygems", "RubyGems API key", NAMES, ANY, |d| format!("rubygems_{}", d.hex(48))),
        kind("crates-io", "crates.io token", NAMES, ANY, |d| format!("cio{}", d.alnum(32))),
        kind("nuget", "NuGet API key", NAMES, ANY, |d| format!("oy2{}", d.of(LOWER_DIGITS, 43))),
        kind("docker-hub-personal", "Docker Hub access token", NAMES, ANY, |d| format!("dckr_pat_{}", d.url_safe(27))),
        kind("docker-hub-organisation", "Docker Hub organisation token", NAMES, ANY, |d| {
            format!("dckr_oat_{}", d.url_safe(32))
        }),
        kind("jfrog-api-key", "JFrog Artifactory API key", NAMES, ANY, |d| format!("AKCp{}", d.alnum(69))),
        kind("jfrog-reference-token", "JFrog reference token", NAMES, ANY, |d| {
            let text = format!("reftkn:01:{}:{}", d.between(1_800_000_000, 1_899_999_999), d.of(ALNUM, 28));
            STANDARD.encode(text).trim_end_matches('=').to_owned()
        }),
    ]
}

/// A macaroon of version 2 in binary (libmacaroons), as PyPI issues it: place, identifier, one caveat, signature.
fn macaroon(draw: &mut Draw, place: &str) -> String {
    fn part(kind: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![kind, u8::try_from(content.len()).unwrap_or(0)];
        out.extend(content);
        out
    }
    let caveat = format!("[3,\"{}\"]", draw.uuid('4'));
    let mut bytes = vec![2];
    bytes.extend(part(1, place.as_bytes()));
    bytes.extend(part(2, draw.uuid('4').as_bytes()));
    bytes.push(0);
    bytes.extend(part(2, caveat.as_bytes()));
    bytes.extend([0, 0]);
    bytes.extend(part(6, &draw.bytes(32)));
    format!("pypi-{}", base64url(&bytes))
}
