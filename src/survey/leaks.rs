//! What of an answer is a secret that is not meant to be in it.

use super::baseline::Surveyed;
use super::foreign_token;
use super::names::split_words;
use super::people::People;
use crate::detect::material::{self, Coding, HiddenSecret, SearchBudget, UNKNOWN_TOKEN};
use crate::detect::secrets::{SecretRules, describe_rule, fingerprint_secret, is_by_form};
use crate::model::{ANONYMOUS, clean_name, clean_text};
use crate::probe::{Answer, Probe};

/// A secret with what may be said of it.
#[derive(Debug)]
pub struct Leaked {
    /// Where it stands, and what found it.
    pub at: HiddenSecret,
    /// As it stands in the answer; empty when it stands there in pieces.
    pub written: String,
    /// Empty without a key.
    pub fingerprint: String,
    /// A credential that the scan itself sends.
    pub own: bool,
}

/// What an answer was found to carry.
#[derive(Debug, Default)]
pub struct Leaks {
    /// The secrets.
    pub all: Vec<Leaked>,
    /// The bounds that kept the rest from being looked at.
    pub caps: Vec<&'static str>,
}

/// What answers are searched with.
#[derive(Debug, Clone, Copy)]
pub struct LeakSearch<'a> {
    /// The user's own rules, and the key of fingerprints.
    pub rules: &'a SecretRules,
    /// How much more of the scan's answers is searched.
    pub budget: &'a SearchBudget,
    /// Who the callers are.
    pub people: &'a People,
    /// What it knows of their sessions.
    pub probe: &'a Probe,
    /// The operation.
    pub surveyed: &'a Surveyed,
}

impl LeakSearch<'_> {
    /// Returns the secrets of an answer to a caller that are not meant to be in it.
    pub fn find(&self, answer: &Answer, caller: &str) -> Leaks {
        let Some(response) = answer.response() else { return Leaks::default() };
        let Self { rules, budget, people, probe, surveyed } = *self;
        let text = budget.allow(&response.text);
        let mut material = material::find_secrets(response.header("content-type"), text);
        material.hidden.extend(rules.user.scan(text).into_iter().filter_map(|found| {
            let value = response.text.get(found.range.clone())?;
            Some(HiddenSecret::plain(found, value))
        }));
        if text.len() < response.text.len() {
            material.caps.push("the scan searched 64 MiB of answers, and of the rest only their beginnings");
        }
        if response.truncated {
            material.caps.push("the body is longer than is read");
        }
        let issues_tokens = is_named(surveyed, TOKEN_ROUTES);
        let meant = |hidden: &HiddenSecret| {
            // Fields that only their names say to be secret are another check's; and what signs callers in or renews a
            // session answers with a token: that is what it is for.
            !is_by_form(&hidden.rule)
                || issues_tokens && is_token(&hidden.rule)
                || is_part_of_signed_link(&response.text, hidden)
                || hidden.rule == "one-time-seed" && is_own_enrolment(people, surveyed, &response.text, hidden, caller)
                || hidden.token.is_some()
                    && !foreign_token::is_of_interest(
                        people,
                        probe,
                        hidden,
                        caller,
                        address_before(&response.text, hidden).is_some(),
                    )
        };

        let leak = |hidden: HiddenSecret| {
            let value = hidden.value.expose();
            let written =
                hidden.range.clone().and_then(|range| response.text.get(range)).unwrap_or_default().to_owned();
            Leaked {
                fingerprint: rules
                    .key
                    .as_ref()
                    .map(|key| fingerprint_secret(key, &hidden.rule, value))
                    .unwrap_or_default(),
                own: is_own(probe, value),
                written,
                at: hidden,
            }
        };

        // The callers' own tokens are no news to them.
        let news = |leak: &Leaked| leak.at.token.is_none() || !leak.own;
        let all = material.hidden.into_iter().filter(|hidden| !meant(hidden)).map(leak).filter(news).collect();
        Leaks { all, caps: material.caps }
    }
}

/// Returns the beginning of the address in which a secret stands; `None` where it stands in none.
fn address_before<'t>(text: &'t str, hidden: &HiddenSecret) -> Option<&'t str> {
    let before = text.get(..hidden.range.as_ref()?.start)?;
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(');
    let address = before.rfind(ends).and_then(|at| before.get(at + 1..)).unwrap_or(before);
    let is_address = address.starts_with('/') || address.starts_with("http:") || address.starts_with("https:");

    is_address.then_some(address)
}

/// Whether a seed of one-time passwords is the caller's own, on a route on which it enrols an authenticator: it is shown
/// so that the caller can scan it.
fn is_own_enrolment(people: &People, surveyed: &Surveyed, text: &str, hidden: &HiddenSecret, caller: &str) -> bool {
    let before = hidden.range.as_ref().and_then(|range| text.get(..range.start)).unwrap_or_default();
    let label = before.rfind("otpauth://").and_then(|at| before.get(at..)).unwrap_or_default();
    // Shorter facts stand in a label by chance.
    let is_others =
        people.all.iter().filter(|person| person.name != caller).any(|other| {
            other.facts.iter().any(|fact| fact.len() >= 3 && label.to_lowercase().contains(fact.as_str()))
        });
    caller != ANONYMOUS && !is_others && is_named(surveyed, SECOND_FACTOR_ROUTES)
}

/// Whether a value belongs to an address that is signed and ends by itself, as links to stored files are: what stands in
/// it opens that one file for some time.
fn is_part_of_signed_link(text: &str, hidden: &HiddenSecret) -> bool {
    const SIGNATURES: [&str; 6] = ["signature=", "sig=", "x-amz-signature=", "x-goog-signature=", "hmac=", "hash="];
    const ENDS: [&str; 7] = ["expires=", "expiry=", "exp=", "se=", "x-amz-expires=", "x-goog-expires=", "policy="];
    let Some(before) = address_before(text, hidden) else { return false };
    let rest = hidden.range.as_ref().and_then(|range| text.get(range.start..)).unwrap_or_default();
    let rest = rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')')).next();
    // JSON may write the `&` of a query as an escape.
    let address = format!("{before}{}", rest.unwrap_or_default()).to_ascii_lowercase().replace("\\u0026", "&");
    let Some((_, query)) = address.split_once('?') else { return false };
    let has = |names: &[&str]| query.split('&').any(|pair| names.iter().any(|name| pair.starts_with(name)));

    // A shared access signature of Azure may open a whole account or container.
    let opens_all = has(&["srt="]) || has(&["sr=c"]);
    has(&SIGNATURES) && has(&ENDS) && !opens_all
}

/// Parts of paths of routes that answer with tokens by design.
const TOKEN_ROUTES: &str =
    "login signin signup register registration token tokens refresh oauth oauth2 session sessions auth";
/// Parts of paths of routes on which callers enrol a second factor.
const SECOND_FACTOR_ROUTES: &str = "totp otp mfa 2fa factor twofactor authenticator enrol enroll";
/// Parts of paths of routes on which callers manage keys of their own.
const KEY_ROUTES: &str = "key keys apikey apikeys webhooks webhook";

/// Returns true for routes on which callers manage keys of their own: showing them may be their purpose.
pub fn is_key_route(surveyed: &Surveyed) -> bool {
    is_named(surveyed, KEY_ROUTES)
}

fn is_named(surveyed: &Surveyed, names: &str) -> bool {
    let segments = surveyed.operation.path.split('/').filter(|segment| !segment.starts_with('{'));
    segments.flat_map(split_words).any(|word| names.split(' ').any(|name| name == word))
}

/// Kinds that a sign-in may answer with; a vendor's key or a private key is none.
fn is_token(rule: &str) -> bool {
    ["access-token", "refresh-token", "session", "authorization-header", UNKNOWN_TOKEN]
        .iter()
        .any(|kind| rule.contains(kind))
}

/// Whether a value is a credential that the scan was given: the redactor knows those by name.
fn is_own(probe: &Probe, value: &str) -> bool {
    let shown = probe.redactor().text(value);
    // These names stand for a form that the redactor found, not for a value that it was given.
    let unknown = [
        "[redacted:jwt]",
        "[redacted:credential]",
        "[redacted:private-key]",
        "[redacted:password]",
        "[redacted:secret]",
    ];
    shown.starts_with("[redacted:") && !unknown.iter().any(|kind| shown.contains(kind))
}

impl Leaked {
    /// Returns what it is told apart by: the same secret in the same place is one, in lists too.
    pub fn key(&self) -> String {
        format!("{} {}", self.at.rule, generalise_pointer(&self.at.path))
    }

    /// Returns what it is, for sentences.
    pub fn what(&self) -> String {
        match describe_rule(&self.at.rule) {
            Some(what) => what.to_owned(),
            None if self.at.token.is_some() => "a token of somebody or something else".to_owned(),
            None => format!("what your rule `{}` finds", clean_name(&self.at.rule, 60)),
        }
    }

    /// Returns where it stands, for sentences.
    pub fn place(&self) -> String {
        let place = clean_name(&generalise_pointer(&self.at.path), 80);
        if place.is_empty() { "the body".to_owned() } else { format!("`{place}`") }
    }

    /// Returns what may be said of a secret without telling it.
    pub fn facts(&self) -> String {
        let length = self.at.value.expose().chars().count();
        let mut facts = format!("rule {}, {length} characters", clean_name(&self.at.rule, 60));

        if let Some(prefix) = &self.at.prefix {
            facts.push_str(&format!(", begins with the public `{}`", clean_text(prefix, 24)));
        }
        facts.push_str(match self.at.coding {
            Coding::Plain | Coding::Json => "",
            Coding::Escaped => ", with escapes",
            Coding::Base64 => ", in base64",
            Coding::Pieces => ", in pieces over a stream",
        });

        if let Some(token) = &self.at.token {
            facts.push_str(&foreign_token::describe_token(token));
        }
        if !self.fingerprint.is_empty() {
            facts.push_str(&format!(", fingerprint {}", self.fingerprint));
        }
        facts
    }
}

/// A pointer with the positions in lists left out.
fn generalise_pointer(pointer: &str) -> String {
    let star = |part: &str| {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            "*".to_owned()
        } else {
            part.to_owned()
        }
    };

    pointer.split('/').map(star).collect::<Vec<_>>().join("/")
}
