//! Secrets that nobody told the scan about, in what a model says and in what its server says beside it; and what may be
//! said of them.

use super::needles::Needles;
use super::talk::Reply;
use crate::detect::jwt;
use crate::detect::secrets::{Certainty, SecretRules, describe_rule, fingerprint_secret, scan_text};
use crate::llm::{ChannelKind, decodings_of};
use crate::model::{clean_name, clean_text};

/// Rule of tokens that are told by their structure.
const JWT: &str = "jwt";

/// A secret in an answer, with where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    rule: String,
    /// Never shown: compared, and counted.
    value: String,
    prefix: Option<String>,
    /// What its channel carries.
    pub(crate) kind: ChannelKind,
    path: String,
    disguise: &'static str,
}

impl Unknown {
    /// Whether another answer has the very same.
    pub(crate) fn is_in(&self, others: &[Self]) -> bool {
        others.iter().any(|other| other.rule == self.rule && other.value == self.value)
    }

    /// Whether a text has it as it is.
    pub(crate) fn stands_in(&self, text: &str) -> bool {
        text.contains(&self.value)
    }

    /// Its kind in words.
    pub(crate) fn what(&self) -> String {
        if self.rule == JWT {
            return "a signed token".to_owned();
        }
        describe_rule(&self.rule)
            .map_or_else(|| format!("what your rule `{}` finds", clean_name(&self.rule, 60)), str::to_owned)
    }

    /// Rule, place, disguise, length, public beginning and fingerprint: all that may be said of it.
    pub(crate) fn facts(&self, rules: &SecretRules) -> String {
        let place = clean_name(&self.path, 120);
        let length = self.value.chars().count();
        let mut facts = format!(
            "rule {}, at {place} ({}, {}), {length} characters",
            clean_name(&self.rule, 60),
            self.kind.word(),
            self.disguise
        );

        if let Some(prefix) = &self.prefix {
            facts.push_str(&format!(", begins with the public `{}`", clean_text(prefix, 24)));
        }
        facts.push_str(&format_fingerprint(rules, &self.rule, &self.value));
        facts
    }
}

/// The fingerprint of a value for a sentence; nothing without a key.
pub(crate) fn format_fingerprint(rules: &SecretRules, class: &str, value: &str) -> String {
    let made = rules.key.as_ref().map(|key| fingerprint_secret(key, class, value));
    made.map(|made| format!(", fingerprint {made}")).unwrap_or_default()
}

/// The secrets of an answer that its request does not have and that are no caller's token.
pub(crate) fn unknown_in(said: &Reply, needles: &Needles, rules: &SecretRules) -> Vec<Unknown> {
    let mut all: Vec<Unknown> = Vec::new();
    for piece in said.pieces().into_iter().filter(|piece| piece.kind != ChannelKind::All) {
        for (disguise, text) in decodings_of(piece.text) {
            for (rule, value, prefix) in secrets_of(&text, rules) {
                let found = Unknown { rule, value, prefix, kind: piece.kind, path: piece.path.to_owned(), disguise };
                let new = !found.stands_in(&said.sent) && !needles.has(&found.value) && !found.is_in(&all);

                if new {
                    all.push(found);
                }
            }
        }
    }

    all
}

/// Rule, value and public beginning of what is a secret by its own form, for sure.
fn secrets_of(text: &str, rules: &SecretRules) -> Vec<(String, String, Option<String>)> {
    let of = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    // What only a field's name says to be secret, a model may name so as well.
    let by_form = |rule: &str| !rule.starts_with("field-") && rule != "password-hash";
    let by_table =
        scan_text(text).into_iter().filter(|found| found.confidence == Certainty::High && by_form(&found.rule));
    let found = by_table.chain(rules.user.scan(text));
    let mut all: Vec<_> = found.map(|found| (found.rule, of(found.range), found.prefix)).collect();
    let tokens = jwt::find_ranges(text).into_iter().map(of);
    let real = tokens.filter(|token| jwt::parse(token).is_some_and(|jwt| !is_sample(&jwt)));
    all.extend(real.map(|token| (JWT.to_owned(), token, Some("eyJ".to_owned()))));

    all
}

/// The sample of jwt.io, of RFC 7519 and RFC 7515, and what is made after them.
fn is_sample(jwt: &jwt::Jwt) -> bool {
    let claim = |name: &str| jwt.payload.get(name);
    let text = |name: &str| claim(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let number = |name: &str| claim(name).and_then(serde_json::Value::as_i64);
    // An expired token counts as a sample too: it opens nothing any more.
    text("sub").starts_with("12345")
        || text("name") == "John Doe"
        || text("iss") == "joe"
        || number("iat") == Some(1_516_239_022)
        || number("exp") == Some(1_300_819_380)
        || number("exp").is_some_and(|at| at < jiff::Timestamp::now().as_second())
}
