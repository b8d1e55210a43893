//! `token/key-confusion`.

mod public_keys;

use public_keys::{PublicKey, find_public_keys};

use super::case::{plan_forgery, prepare_token_case};
use super::forge;
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, ensure};
use crate::model::{Role, Silence};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Where tokens are signed with a private key (RS, ES, PS), fetches the public one that the API shows (JWKS, OpenID
    /// discovery, answers of documented routes), and signs a user's own claims with its bytes as the secret of HS256: as PEM
    /// with and without a last line break, in both kinds of structure, and as DER.
    ///
    /// ## Why it matters
    /// A verifier that lets the token choose the algorithm checks it with the public key as a shared secret, and that key
    /// everybody has.
    ///
    /// ## How it is confirmed
    /// The token gets the caller's own answer, twice, while the same token with a random signature is refused.
    ///
    /// ## When it stays silent
    /// When every form is refused, for tokens that are signed with a shared secret, and where no public key can be had.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-347, RFC 8725 section 2.1, CVE-2015-9235
    KeyConfusion {
        id: "token/key-confusion",
        title: "The public key is accepted as a shared secret",
        severity: Critical,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [347],
        remedy: "verify-signature",
        since: "0.2.0",
        plan: |cx, operation| plan_forgery(cx, operation, 12),
        read: check_key_confusion,
    }
}

/// Most forms of keys that are tried on one route.
const MOST_FORMS: usize = 8;

async fn check_key_confusion(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let case = prepare_token_case(cx, surveyed, &mut rule).await?;
    // RS, ES, PS: the second letter says that it signs, the first one with what.
    let is_private = case.jwt.algorithm().is_some_and(|name| name.get(1..2) == Some("S") && !name.starts_with('H'));
    ensure(is_private, || Silence::not_applicable("the token is not signed with a private key"))?;
    case.refuses_random(cx, &mut rule).await?;
    let keys = find_public_keys(cx, surveyed).await?;
    ensure(!keys.is_empty(), || {
        Silence::not_tried("no public key was found: no JWKS, no discovery, no PEM in an answer")
    })?;
    let mut last = Silence::not_tried("the token could not be signed");
    for PublicKey { form, bytes, shown } in keys.into_iter().take(MOST_FORMS) {
        let Some(token) = forge::sign_as(&case.jwt, &[], &bytes) else { continue };
        let label = format!("token signed with the public key ({form}) as a secret");
        match case.forge(cx, &mut rule, &label, &token).await {
            Ok(()) => {
                rule.show(Role::Control, &shown);
                let claim = format!("a {label} was served as {}", case.baseline.caller);
                return rule.found(Violation::of(surveyed, "token:alg", "key-confusion", claim));
            }
            Err(silence @ Silence::Held(_)) => last = silence,
            Err(silence) => return Err(silence),
        }
    }
    Err(last)
}
