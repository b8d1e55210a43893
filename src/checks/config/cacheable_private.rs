//! `config/cacheable-private`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, nothing_found};
use crate::model::{ANONYMOUS, Role, Silence};
use crate::probe::{Response, TokenCarrier};
use crate::survey::{AnswerKind, Baseline, Surveyed, is_same_answer};

check! {
    /// ## What it does
    /// Reads the caching headers of answers that belong to one caller.
    ///
    /// ## Why it matters
    /// A proxy or CDN that may keep such an answer hands it to the next caller who asks for the same address, who may be
    /// anybody.
    ///
    /// ## How it is confirmed
    /// Strangers are refused; the answer is the caller's own, since another caller gets another one or the object is known
    /// to be the caller's; and a shared cache may keep it by RFC 9111: it says so with a lifetime (`public` or `s-maxage`
    /// where `Authorization` carries the credential; any lifetime where a cookie or another header does), twice.
    ///
    /// ## When it stays silent
    /// For `no-store`, `private` and `no-cache`, for a `Vary` that names the header of the credential, without a lifetime,
    /// and for answers that are the same for all callers.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-524, RFC 9111 sections 3 and 3.5
    CacheablePrivate {
        id: "config/cacheable-private",
        title: "Shared caches may keep a private answer",
        severity: Medium,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [524],
        remedy: "security-headers",
        since: "0.2.0",
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(1) } else { Need::NotApplicable },
        read: check_cacheable_private,
    }
}

async fn check_cacheable_private(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let signed_in = surveyed.valid().find(|baseline| baseline.caller != ANONYMOUS);
    let baseline = signed_in.ok_or_else(|| Silence::not_applicable("no caller with a credential is served here"))?;
    let refused = matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_)));
    ensure(refused, || Silence::open("strangers are served the same"))?;

    let session = cx.probe.sessions().get(&baseline.caller);
    let carrier = session.ok_or_else(|| Silence::undecided("the caller's session has ended"))?.carrier;
    let kept = |response: &Response| keeping_words(response, &carrier);
    let found = baseline.first.response().and_then(kept);
    let found = found.ok_or_else(|| nothing_found(&baseline.first, "shared caches may not keep the answer"));
    let mut rule = Rule::default();
    rule.need("shared-caches-may-keep-it", found, |words| {
        format!("the answer says `{words}`, and is not for one alone")
    })?;
    rule.need("callers-own", prove_own(cx, surveyed, baseline), Clone::clone)?;
    rule.weigh("strangers-refused", refused, "the same request without a credential is refused");
    let again = cx.send(&baseline.ask().again(1)).await?;
    let repeated = again.response().map(|response| kept(response).is_some());
    rule.weigh("repeated", repeated, "the same request again is answered with the same");
    rule.show(Role::Attack, &baseline.first).show_all(Role::Control, &surveyed.anonymous).show(Role::Attack, &again);
    let claim = format!("shared caches may keep what {} alone is shown", baseline.caller);
    rule.found(Violation::of(surveyed, "response:headers", "private answers are cacheable", claim))
}

/// Passes where the answer is this caller's alone.
fn prove_own(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline) -> Result<String, Silence> {
    let caller = &baseline.caller;
    let owner = baseline.object.as_ref().and_then(|key| cx.survey.owner(key)).map(|(name, _)| name);
    if owner == Some(caller.as_str()) {
        return Ok(format!("the object is known to be {caller}'s"));
    }
    let is_other = |other: &&Baseline| other.caller != *caller && other.url == baseline.url;
    let other = surveyed.by.values().filter(|other| other.caller != ANONYMOUS).find(is_other);
    let (Some(other), Some(own)) = (other, baseline.first.response()) else {
        return Err(Silence::undecided("whether the answer is the caller's own is not known"));
    };
    let theirs = other.first.response().ok_or_else(|| Silence::undecided("another caller got no answer"))?;
    let same = is_same_answer(own, theirs, &surveyed.volatile, &[]);
    ensure(!same, || Silence::open("the same for all callers that sign in"))?;
    Ok(format!("{} gets another answer at the same address", other.caller))
}

/// Returns what allows a shared cache to keep an answer (RFC 9111 §3) and to give it to others without asking.
fn keeping_words(response: &Response, carrier: &TokenCarrier) -> Option<String> {
    let text = response.all("cache-control").collect::<Vec<_>>().join(",").to_ascii_lowercase().replace(' ', "");
    let directives: Vec<(&str, &str)> =
        text.split(',').map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
    let has = |name: &str| directives.iter().any(|(known, _)| *known == name);
    if has("no-store") || has("private") || has("no-cache") || varies_by(response, carrier) {
        return None;
    }
    let seconds = |name: &str| {
        let value = directives.iter().find(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"'));
        value.and_then(|value| value.parse::<u64>().ok())
    };
    // `s-maxage` goes before `max-age` in shared caches (RFC 9111 §5.2.2.10).
    let lifetime = seconds("s-maxage").or_else(|| seconds("max-age")).unwrap_or_default();
    let by_authorization =
        matches!(carrier, TokenCarrier::Header { name, .. } if name.eq_ignore_ascii_case("authorization"));
    let allowed = !by_authorization || has("public") || has("s-maxage") || has("must-revalidate");
    (lifetime > 0 && allowed).then_some(text)
}

fn varies_by(response: &Response, carrier: &TokenCarrier) -> bool {
    let header = match carrier {
        TokenCarrier::Header { name, .. } => name.as_str(),
        TokenCarrier::Cookie(_) => "cookie",
        // It is part of the address by which caches know answers.
        TokenCarrier::Query(_) => return true,
    };
    let mut named = response.all("vary").flat_map(|line| line.split(','));
    named.any(|name| name.trim() == "*" || name.trim().eq_ignore_ascii_case(header))
}

#[cfg(test)]
mod tests {
    use super::keeping_words;
    use crate::probe::{Response, TokenCarrier};

    fn is_kept(headers: &[(&str, &str)], header: &str) -> bool {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = Response { status: 200, headers, text: String::new(), json: None, truncated: false };
        let (name, none) = (header.to_owned(), String::new());
        keeping_words(&response, &TokenCarrier::Header { name, prefix: none.clone(), suffix: none }).is_some()
    }

    #[test]
    fn what_shared_caches_may_keep_is_judged_by_the_carrier_of_the_credential() {
        let says = |text: &'static str| [("cache-control", text)];
        assert!(is_kept(&says("public, max-age=60"), "Authorization"));
        assert!(is_kept(&says("max-age=0, s-maxage=60"), "Authorization"));
        assert!(!is_kept(&says("max-age=60"), "Authorization"), "RFC 9111 section 3.5");
        assert!(is_kept(&says("max-age=60"), "X-API-Key"));
        assert!(!is_kept(&says("public"), "X-API-Key"), "no lifetime");
        for silent in ["private, max-age=60", "no-store", "no-cache, max-age=60", "public, max-age=0"] {
            assert!(!is_kept(&says(silent), "X-API-Key"), "{silent}");
        }
        assert!(!is_kept(&[("cache-control", "public, max-age=60"), ("vary", "Accept, x-api-key")], "X-API-Key"));
        assert!(!is_kept(&[], "X-API-Key"));
    }
}
