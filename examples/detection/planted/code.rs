//! Forges: GitHub, GitLab, Bitbucket. Source: their documentation of token prefixes and GitHub's of the checksum.

use crate::kit::codes::{base36, base62, base64url, crc32};
use crate::kit::draw::{ALNUM, Draw};
use crate::kit::forms::ANY;
use crate::kit::kind::{Kind, kind};

use super::tokens;

const NAMES: &[&str] = &["token", "github_token", "access_token", "git_token", "value", "credential"];
const LAB: &[&str] = &["token", "gitlab_token", "private_token", "ci_token", "value"];

/// 30 characters and the CRC-32 of them in 6 digits of base 62, after a prefix.
pub fn summed(draw: &mut Draw, prefix: &str) -> String {
    let body = draw.alnum(30);
    let sum = base62(crc32(body.as_bytes()), 6);
    format!("{prefix}{body}{sum}")
}

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("github-classic", "GitHub personal access token", NAMES, ANY, |d| summed(d, "ghp_")),
        kind("github-oauth", "GitHub OAuth token", NAMES, ANY, |d| summed(d, "gho_")),
        kind("github-user-to-server", "GitHub App user token", NAMES, ANY, |d| summed(d, "ghu_")),
        kind("github-installation", "GitHub App installation token", NAMES, ANY, |d| summed(d, "ghs_")),
        kind("github-installation-jwt", "GitHub App installation token", NAMES, ANY, |d| {
            format!("ghs_{}_{}", d.between(10_000, 2_999_999), tokens::jws(d, "RS256", 256))
        }),
        kind("github-refresh", "GitHub refresh token", &["refresh_token", "github_refresh"], ANY, |d| {
            let body = d.alnum(70);
            format!("ghr_{body}{}", base62(crc32(body.as_bytes()), 6))
        }),
        kind("github-fine-grained", "GitHub fine-grained token", NAMES, ANY, |d| {
            // The sum's input is not documented; the last six characters are of its alphabet.
            format!("github_pat_11{}_{}", d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20), d.of(ALNUM, 59))
        }),
        kind("gitlab-classic", "GitLab personal access token", LAB, ANY, |d| format!("glpat-{}", d.url_safe(20))),
        kind("gitlab-routable", "GitLab personal access token", LAB, ANY, routable),
        kind("gitlab-runner", "GitLab runner token", LAB, ANY, |d| format!("glrt-{}", d.url_safe(20))),
        kind("gitlab-deploy", "GitLab deploy token", LAB, ANY, |d| format!("gldt-{}", d.url_safe(20))),
        kind("gitlab-trigger", "GitLab pipeline trigger token", LAB, ANY, |d| format!("glptt-{}", d.hex(40))),
        kind("bitbucket-app-password", "Bitbucket app password", &["app_password", "bitbucket_token"], ANY, |d| {
            let body = format!("ATBB{}", d.alnum(24));
            let sum = crc32(body.as_bytes());
            format!("{body}{sum:08X}")
        }),
    ]
}

/// GitLab's routable token: a payload, a version, the length of the payload and a CRC-32 in base 36.
fn routable(draw: &mut Draw) -> String {
    let mut payload =
        format!("o:{}\nu:{}\n", base36(1, 1), base36(u32::try_from(draw.below(9_000_000)).unwrap_or(1), 1));
    payload.insert_str(0, "c:1\n");
    let mut bytes = payload.into_bytes();
    bytes.extend(draw.bytes(16));
    bytes.push(16);
    let encoded = base64url(&bytes);
    let length = base36(u32::try_from(encoded.len()).unwrap_or(0), 2);
    let head = format!("glpat-{encoded}.01.{length}");
    let sum = base36(crc32(head.as_bytes()), 7);
    format!("{head}{sum}")
}
