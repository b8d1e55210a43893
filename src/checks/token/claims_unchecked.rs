//! `token/claims-unchecked`.

use serde_json::{Map, Value, json};

use super::case::{TokenCase, plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation};
use crate::model::{Secret, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Where the signing key was guessed, signs a user's own claims with another audience, another issuer, a `nbf` that lies
    /// in the future, or without `exp`, one at a time.
    ///
    /// ## Why it matters
    /// A token that another service of the same issuer gave out, or that is not valid yet, opens this API.
    ///
    /// ## How it is confirmed
    /// The changed token gets the caller's own answer, twice, while the same token with a random signature is refused.
    ///
    /// ## When it stays silent
    /// When all changes are refused, and where the key is not known: nothing can be signed then, and that is said. Claims are
    /// changed only where the token has them; a missing `exp` only counts where an expired token is refused.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-345, RFC 8725 sections 3.8 and 3.9
    ClaimsUnchecked {
        id: "token/claims-unchecked",
        title: "Claims that restrict a token are not looked at",
        severity: Medium,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [345],
        remedy: "verify-signature",
        since: "0.2.0",
        plan: |cx, operation| plan_forgery(cx, operation, 8),
        read: check_restricting_claims,
    }
}

const HOUR: i64 = 3_600;

/// Another value of a claim, and what is wrong with it.
struct ChangedClaims {
    claim: &'static str,
    label: &'static str,
    claims: Map<String, Value>,
}

/// Returns the user's claims, each time with one that restricts them changed.
fn changed_claims(own: &Map<String, Value>) -> Vec<ChangedClaims> {
    let now = jiff::Timestamp::now().as_second();
    let with = |claim: &'static str, label: &'static str, value: Value| {
        let mut claims = own.clone();
        claims.insert(claim.to_owned(), value);
        ChangedClaims { claim, label, claims }
    };
    let all = [
        with("aud", "token for another audience", json!("https://routewarden.example/other")),
        with("iss", "token of another issuer", json!("https://routewarden.example/")),
        with("nbf", "token that is valid in an hour", json!(now + HOUR)),
    ];
    // What the issuer never sets is no restriction of its tokens.
    all.into_iter().filter(|changed| own.contains_key(changed.claim)).collect()
}

async fn check_restricting_claims(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    let key = case.key(cx).await.ok_or_else(|| Silence::not_tried("nothing can be signed: the key is not known"))?;
    case.refuses_random(cx, &mut rule).await?;
    let own = case.jwt.payload.as_object().ok_or_else(|| Silence::not_applicable("the token has no claims"))?;
    let sign = |claims: &Map<String, Value>| forge::sign_claims(&case.jwt, &key, claims);
    let (mut accepted, mut last) = (Vec::new(), Silence::undecided("the token could not be signed"));
    for changed in changed_claims(own) {
        let Some(token) = sign(&changed.claims) else { continue };
        match case.send(cx, changed.label, &token, 0).await {
            Ok(_) => accepted.push((changed.claim, changed.label, token)),
            Err(silence) => last = silence,
        }
    }
    match case.send_without_end(cx, own, &sign).await {
        Ok(Some(token)) => accepted.push(("exp", ENDLESS, token)),
        Ok(None) => {}
        Err(silence) => last = silence,
    }

    let Some((_, label, token)) = accepted.first() else { return Err(last) };
    case.forge(cx, &mut rule, label, token).await?;
    let names: Vec<String> = accepted.iter().map(|(claim, ..)| format!("`{claim}`")).collect();
    let claim = format!("{} is served whatever {} says", case.baseline.caller, names.join(", "));
    rule.found(Violation::of(surveyed, "token:claims", format!("unchecked {}", names.join(" ")), claim))
}

const ENDLESS: &str = "token without `exp`";

impl TokenCase<'_> {
    /// Returns the token without `exp` where it is served and one that has expired is not: else that is the cause, and
    /// reported by itself.
    async fn send_without_end(
        &self,
        cx: &CheckCx<'_>,
        own: &Map<String, Value>,
        sign: &impl Fn(&Map<String, Value>) -> Option<Secret>,
    ) -> Result<Option<Secret>, Silence> {
        let mut claims = own.clone();
        // The order of the other claims is the token's own.
        let had_end = claims.shift_remove("exp").is_some();
        let Some(endless) = sign(&claims).filter(|_| had_end) else { return Ok(None) };
        self.send(cx, ENDLESS, &endless, 0).await?;
        claims.insert("exp".to_owned(), json!(jiff::Timestamp::now().as_second() - HOUR));
        let Some(expired) = sign(&claims) else { return Ok(None) };
        Ok(self.send(cx, "token that has expired", &expired, 0).await.is_err().then_some(endless))
    }
}
