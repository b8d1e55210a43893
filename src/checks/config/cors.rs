//! `config/cors`.

use std::sync::Arc;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, unsent};
use crate::model::{Operation, Role, Severity, Verdict};
use crate::probe::{Answer, Ask, Caller, SendError};
use crate::survey::{Baseline, Reading, Surveyed};

check! {
    /// ## What it does
    /// Sends the valid request with the `Origin` of a stranger, `null`, and hosts that begin or end like the API's own,
    /// and looks at what the answer allows.
    ///
    /// ## Why it matters
    /// Where cookies sign requests, a reflected origin with credentials lets any page that a user visits read the
    /// user's data.
    ///
    /// ## How it is confirmed
    /// The foreign origin comes back in `Access-Control-Allow-Origin` with `Access-Control-Allow-Credentials: true`, a
    /// request without an origin does not get it, and the identity signs in by a credential that browsers send by
    /// themselves (a cookie, HTTP Basic).
    ///
    /// ## When it stays silent
    /// For `*` without credentials, and for cookies with `SameSite=Lax` or `Strict`. A reflected origin is a mere observation where only headers carry tokens, which a
    /// foreign page cannot send, and where anonymous callers are served the same anyway.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-942, Fetch standard section 3.2
    Cors {
        id: "config/cors",
        title: "Any origin may read answers with credentials",
        severity: Medium,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [942],
        remedy: "cors-origins",
        since: "0.1.0",
    }
}

impl Check for Cors {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, _cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if PlanCx::is_read(operation) { Need::Requests(6) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

/// Foreign origins, plainest first. The names are reserved (RFC 2606): nobody has them.
fn origins(cx: &CheckCx<'_>) -> Vec<(&'static str, String)> {
    let host = cx.probe.base_url().host_str().unwrap_or("localhost").to_owned();
    vec![
        ("a foreign origin", "https://routewarden.example".to_owned()),
        ("the null origin", "null".to_owned()),
        ("an origin that begins like the API's host", format!("https://{host}.routewarden.example")),
        ("an origin that ends like the API's host", format!("https://routewarden-{host}")),
    ]
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let Some(baseline) = surveyed.valid().next() else { return Ok(inconclusive("no valid answer", None)) };
    let mut judged = false;
    for (index, (what, origin)) in origins(cx).into_iter().enumerate() {
        // The tricks are tried once per part of the API: such settings are rarely made per route.
        if index > 0 && !is_first_of_group(cx, surveyed) {
            break;
        }
        let answer = cx.send(&with_origin(baseline, &origin)).await?;
        judged |= answer.status().is_some_and(|status| status < 500 && status != 429);
        if !reflects(&answer, &origin) {
            continue;
        }
        let again = cx.send(&with_origin(baseline, &origin).again(1)).await?;
        return judge(cx, surveyed, baseline, &Reflection { what, answer, again, origin }).await;
    }
    if !judged {
        return Ok(inconclusive("no request with a foreign origin was answered", None));
    }
    Ok(held("foreign origins are not allowed with credentials"))
}

fn is_first_of_group(cx: &CheckCx<'_>, surveyed: &Surveyed) -> bool {
    let group = |path: &str| path.split('/').find(|part| !part.is_empty()).unwrap_or_default().to_owned();
    let own = group(&surveyed.operation.path);
    let first =
        cx.survey.operations.iter().find(|other| group(&other.operation.path) == own && other.valid().next().is_some());
    first.is_some_and(|first| first.operation.id == surveyed.operation.id)
}

fn with_origin(baseline: &Baseline, origin: &str) -> Ask {
    let mut ask = CheckCx::as_caller(baseline, CheckCx::caller(&baseline.caller));
    ask.headers.push(("Origin".to_owned(), origin.to_owned()));
    ask
}

/// Whether the origin comes back, with credentials.
fn reflects(answer: &Answer, origin: &str) -> bool {
    let Some(response) = answer.response() else { return false };
    let with_credentials = response
        .header("access-control-allow-credentials")
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    response.header("access-control-allow-origin").is_some_and(|allowed| allowed.trim() == origin) && with_credentials
}

struct Reflection {
    what: &'static str,
    answer: Arc<Answer>,
    again: Arc<Answer>,
    origin: String,
}

/// Whether browsers can sign this request by themselves: the identity's credential is such a one, or the cookies that
/// its sign-in set do as well.
async fn ambient(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline) -> Result<Option<Arc<Answer>>, SendError> {
    let Some(session) = cx.probe.sessions().get(&baseline.caller) else { return Ok(None) };
    let public = matches!(surveyed.anonymous_reading(), Some(Reading::Data));
    if public {
        return Ok(None);
    }
    let login = session.login.as_ref().and_then(|login| login.response());
    let set: Vec<String> = login
        .into_iter()
        .flat_map(|login| login.headers.iter().filter(|(name, _)| name == "set-cookie"))
        .map(|(_, value)| value.to_ascii_lowercase().replace(' ', ""))
        .collect();
    // Browsers keep such cookies from requests that foreign pages make (RFC 6265bis §5.2).
    let stays_home = |cookie: &String| cookie.contains("samesite=lax") || cookie.contains("samesite=strict");
    if !set.is_empty() && set.iter().all(stays_home) {
        return Ok(None);
    }
    if session.is_ambient() {
        return Ok(Some(Arc::clone(&baseline.first)));
    }
    if set.is_empty() {
        return Ok(None);
    }
    let answer = cx.send(&CheckCx::as_caller(baseline, Caller::Cookies(baseline.caller.clone()))).await?;
    let served = CheckCx::reading(surveyed, &answer, &baseline.masks, &[]) == Reading::Data;
    Ok(served.then_some(answer))
}

async fn judge(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    seen: &Reflection,
) -> Result<Verdict, SendError> {
    let ambient = ambient(cx, surveyed, baseline).await?;
    let mut proof = Proof::default();
    proof.clause(
        "origin-reflected",
        reflects(&seen.answer, &seen.origin),
        format!("{} is allowed, with credentials", seen.what),
    );
    let plain = baseline.first.response().and_then(|response| response.header("access-control-allow-origin"));
    let differs = plain != Some(seen.origin.as_str());
    proof.clause("not-fixed", differs, "a request without an origin is not answered with it");
    proof.clause("repeated", reflects(&seen.again, &seen.origin), "the same request again is answered alike");
    proof.show(Role::Attack, &seen.answer).show(Role::Baseline, &baseline.first);
    let finding = |cause: &str, severity| Finding {
        site: "header:Origin".to_owned(),
        cause: format!("cors {} {cause}", seen.what),
        claim: format!("{} may read answers with credentials", seen.what),
        severity,
        surveyed,
    };
    if let Some(answer) = ambient {
        let because = format!("{} is served by what browsers send themselves", baseline.caller);
        proof.clause("credentials-are-ambient", true, because);
        proof.show(Role::Control, &answer);
        return Ok(proof.broken(finding("ambient", None)));
    }
    let because = "a foreign page cannot send the credential, or the answer is public";
    proof.clause("credentials-are-ambient", false, because);
    Ok(proof.fact(finding("tokens", Some(Severity::Info))))
}
