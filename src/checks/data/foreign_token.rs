//! Tokens that nobody told the scan about (RFC 7519), in answers that are not for handing out tokens: which of them are
//! worth a word, and what may be said of one.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::checks::context::CheckCx;
use crate::checks::proof::Proof;
use crate::detect::jwt;
use crate::detect::material::Hidden;
use crate::detect::unknown_token::{Protection, UnknownToken};
use crate::survey::words;

/// Parts of the encrypted tokens that RFC 7516 prints (A.1 and A.2), which documentation repeats.
const SAMPLES: [&str; 2] = ["OKOawDo13gRp2ojaHV7L", "UGhIOguC7IuEvf_NPVaX"];

/// Whether a token opens anything that the caller should not have.
pub(super) fn is_of_interest(cx: &CheckCx<'_>, hidden: &Hidden, caller: &str) -> bool {
    let Some(token) = &hidden.token else { return false };
    let value = hidden.value.expose();
    // A token without a signature opens nothing, and one that is over no more.
    token.protection != Protection::Unsigned
        && token.expires.is_none_or(|expires| expires > now())
        // An ID token says who signed in, and is for the client to read (OpenID Connect Core §2).
        && !is_id_token(hidden)
        && !SAMPLES.iter().any(|part| value.contains(part))
        && subject(hidden).is_none_or(|subject| !names(cx, &subject, caller))
}

fn is_id_token(hidden: &Hidden) -> bool {
    let name = hidden.path.rsplit(['/', '.']).find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()));
    let words = words(name.unwrap_or_default()).concat();
    words.ends_with("idtoken")
        || claims(hidden)
            .is_some_and(|claims| ["nonce", "at_hash", "c_hash"].iter().any(|claim| claims.get(*claim).is_some()))
}

fn claims(hidden: &Hidden) -> Option<serde_json::Value> {
    Some(jwt::parse(hidden.value.expose())?.payload)
}

fn subject(hidden: &Hidden) -> Option<String> {
    let claims = claims(hidden)?;
    let subject = claims.get("sub")?;
    subject.as_str().map(str::to_owned).or_else(|| subject.as_i64().map(|number| number.to_string()))
}

fn names(cx: &CheckCx<'_>, subject: &str, caller: &str) -> bool {
    cx.survey.people.named_by(subject).is_some_and(|person| person.name == caller)
}

/// Adds what decides whether it is somebody else's.
pub(super) fn weigh(cx: &CheckCx<'_>, hidden: &Hidden, caller: &str, proof: &mut Proof) {
    let person = subject(hidden).and_then(|subject| cx.survey.people.named_by(&subject).map(|it| it.name.clone()));
    match person.filter(|name| name != caller) {
        Some(name) => proof.clause("is-another-users", true, format!("its subject is {name}, who did not ask")),
        None => proof.open("is-another-users", "its form does not tell what it opens, nor for whom"),
    };
}

/// What may be said of a token without telling it.
pub(super) fn facts(token: &UnknownToken) -> String {
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
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
