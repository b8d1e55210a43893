//! Tokens that the scan was not given (RFC 7519), in answers that are not for handing out tokens: which of them are
//! worth a word, and what may be said of one.

use std::time::{SystemTime, UNIX_EPOCH};

use super::names::split_words;
use super::people::{People, Person, claim_facts};
use crate::detect::jwt;
use crate::detect::material::HiddenSecret;
use crate::detect::unknown_token::{Protection, UnknownToken};
use crate::probe::Probe;

/// Parts of the encrypted tokens that RFC 7516 prints (A.1 and A.2), which documentation repeats.
const SAMPLES: [&str; 2] = ["OKOawDo13gRp2ojaHV7L", "UGhIOguC7IuEvf_NPVaX"];

/// Whether a token opens anything that the caller should not have.
pub(super) fn is_of_interest(
    people: &People,
    probe: &Probe,
    hidden: &HiddenSecret,
    caller: &str,
    in_address: bool,
) -> bool {
    let Some(token) = &hidden.token else { return false };
    let value = hidden.value.expose();
    let owner = owner_of_token(people, hidden);

    // A token without a signature opens nothing, and one that is over no more.
    token.protection != Protection::Unsigned
        && token.expires.is_none_or(|expires| expires > unix_seconds())
        // An ID token says who signed in, and is for the client to read (OpenID Connect Core §2).
        && !is_id_token(hidden)
        && !SAMPLES.iter().any(|part| value.contains(part))
        && owner.is_none_or(|owner| owner.name != caller)
        && !is_renewed(probe, hidden, caller)

        // A link is signed for the one file that it leads to, unless the token names another caller.
        && (!in_address || owner.is_some())
}

/// Returns the caller that a token is for: by its subject, or else by the other claims where they agree.
pub fn owner_of_token<'a>(people: &'a People, hidden: &HiddenSecret) -> Option<&'a Person> {
    let facts = claim_facts(&token_claims(hidden)?);
    // The subject is whom the token is about (RFC 7519 §4.1.2); other claims may name further people.
    if let Some((_, subject)) = facts.iter().find(|(claim, _)| claim == "sub")
        && let Some(person) = people.named_by(subject)
    {
        return Some(person);
    }
    let mut named = facts.iter().filter_map(|(claim, value)| people.named_in(claim, value));
    let first = named.next()?;
    named.all(|other| other.name == first.name).then_some(first)
}

/// Whether a token has the claims of the caller's own, but for what each sign-in makes anew.
fn is_renewed(probe: &Probe, hidden: &HiddenSecret, caller: &str) -> bool {
    let lasting = |claims: &serde_json::Value| {
        let mut lasting = claims.as_object().cloned().unwrap_or_default();
        lasting.retain(|claim, _| !matches!(claim.as_str(), "iat" | "exp" | "nbf" | "jti" | "auth_time" | "sid"));
        lasting
    };
    let own = probe.sessions().get(caller).and_then(|session| session.jwt()).map(|jwt| lasting(&jwt.payload));
    let shown = token_claims(hidden).map(|claims| lasting(&claims));

    // Claims that do not name a caller are the same for all of them.
    own.filter(|own| !claim_facts(&own.clone().into()).is_empty()).is_some_and(|own| shown == Some(own))
}

fn is_id_token(hidden: &HiddenSecret) -> bool {
    let name = hidden.path.rsplit(['/', '.']).find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    let words = split_words(name.unwrap_or_default()).concat();
    words.ends_with("idtoken")
        || token_claims(hidden)
            .is_some_and(|claims| ["nonce", "at_hash", "c_hash"].iter().any(|claim| claims.get(*claim).is_some()))
}

fn token_claims(hidden: &HiddenSecret) -> Option<serde_json::Value> {
    Some(jwt::parse(hidden.value.expose())?.payload)
}

/// Returns what may be said of a token without telling it.
pub(super) fn describe_token(token: &UnknownToken) -> String {
    let protection = match token.protection {
        Protection::Signed => "signed",
        Protection::Unsigned => "unsigned",
        Protection::Encrypted => "encrypted",
    };
    let mut facts = format!(", {protection} with {}", token.algorithm);

    match token.expires {
        Some(expires) => match jiff::Timestamp::from_second(expires) {
            Ok(end) => facts.push_str(&format!(", ends at {end}")),
            Err(_) => facts.push_str(", ends in no time to come"),
        },
        None => facts.push_str(", no end told"),
    }

    if let Some(issuer) = &token.issuer {
        facts.push_str(&format!(", issued by {issuer}"));
    }
    if let Some(audience) = &token.audience {
        facts.push_str(&format!(", for {audience}"));
    }
    facts
}

/// Seconds since 1970.
fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
