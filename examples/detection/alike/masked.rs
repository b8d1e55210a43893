//! Secrets whose owner has already covered them.

use crate::kit::forms::ANY;
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["api_key", "token", "secret", "key", "access_token", "last_key"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("masked-stars", "password", &["password", "secret", "token"], ANY, |d| {
            let (with, n) = (d.pick(&["*", "•", "x", "#"]), 6 + d.below(20));
            with.repeat(n)
        }),
        kind("masked-tail", "API key", NAMES, ANY, |d| {
            let (prefix, n) = (d.pick(&["sk-", "sk_live_", "ghp_", "xoxb-", "AKIA", ""]), 4 + d.below(20));
            format!("{prefix}{}{}", "*".repeat(n), d.alnum(4))
        }),
        kind("masked-middle", "API key", NAMES, ANY, |d| {
            let with = d.pick(&["...", "…", "****", "••••••"]);
            format!("{}{}{with}{}", d.pick(&["sk-proj-", "pk_", "rk_live_", "hf_"]), d.alnum(3), d.alnum(4))
        }),
        kind("masked-word", "password", &["password", "client_secret", "authorization"], ANY, |d| {
            d.pick(&["[REDACTED]", "[FILTERED]", "(hidden)", "<masked>", "REDACTED", "[secret removed]", "***"])
                .to_owned()
        }),
        kind("masked-uri", "database URL", &["database_url", "url"], ANY, |d| {
            format!("postgres://app:{}@{}:5432/app", d.pick(&["****", "xxxxx", "[REDACTED]", "***"]), d.host())
        }),
        kind("masked-card", "card", &["card", "card_number", "last4"], ANY, |d| {
            format!("{} {}", d.pick(&["**** **** ****", "XXXX-XXXX-XXXX-", "•••• •••• ••••"]), d.digits(4))
        }),
    ]
}
