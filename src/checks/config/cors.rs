//! `config/cors`.

use std::sync::Arc;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held};
use crate::model::{Role, Severity, Silence};
use crate::probe::{Answer, Ask, AskCaller, SendError};
use crate::survey::{AnswerKind, Baseline, Surveyed};

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
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(6) } else { Need::NotApplicable },
        read: check_cors,
    }
}

/// Foreign origins, plainest first. The names are reserved (RFC 2606).
fn foreign_origins(cx: &CheckCx<'_>) -> Vec<(&'static str, String)> {
    let host = cx.probe.base_url().host_str().unwrap_or("localhost").to_owned();
    vec![
        ("a foreign origin", "https://routewarden.example".to_owned()),
        ("the null origin", "null".to_owned()),
        ("an origin that begins like the API's host", format!("https://{host}.routewarden.example")),
        ("an origin that ends like the API's host", format!("https://routewarden-{host}")),
    ]
}

async fn check_cors(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let mut rule = Rule::default();
    let reflection = rule.need("origin-reflected", find_reflection(cx, surveyed, baseline).await, |seen| {
        format!("{} is allowed, with credentials", seen.what)
    })?;
    judge_reflection(cx, surveyed, baseline, (rule, &reflection)).await
}

/// Returns the first foreign origin that comes back, asked for twice.
async fn find_reflection(cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline) -> Result<Reflection, Silence> {
    let mut silence = Silence::undecided("no request with a foreign origin was answered");
    for (index, (what, origin)) in foreign_origins(cx).into_iter().enumerate() {
        // The tricks are tried once per part of the API: such settings are rarely made per route.
        if index > 0 && !is_first_of_group(cx, surveyed) {
            break;
        }
        let answer = cx.send(&with_origin(baseline, &origin)).await?;
        if reflects_origin(&answer, &origin) {
            let again = cx.send(&with_origin(baseline, &origin).again(1)).await?;
            return Ok(Reflection { what, answer, again, origin });
        }
        let refused = defence_held(&answer, &baseline.first, "foreign origins are not allowed with credentials");
        if matches!(refused, Silence::Held(_)) {
            silence = refused;
        }
    }
    Err(silence)
}

fn is_first_of_group(cx: &CheckCx<'_>, surveyed: &Surveyed) -> bool {
    let group = |path: &str| path.split('/').find(|part| !part.is_empty()).unwrap_or_default().to_owned();
    let own = group(&surveyed.operation.path);
    let first =
        cx.survey.operations.iter().find(|other| group(&other.operation.path) == own && other.valid().next().is_some());
    first.is_some_and(|first| first.operation.id == surveyed.operation.id)
}

fn with_origin(baseline: &Baseline, origin: &str) -> Ask {
    let mut ask = baseline.ask();
    ask.headers.push(("Origin".to_owned(), origin.to_owned()));
    ask
}

/// Whether the origin comes back, with credentials.
fn reflects_origin(answer: &Answer, origin: &str) -> bool {
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
async fn find_browser_answer(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
) -> Result<Option<Arc<Answer>>, SendError> {
    let Some(session) = cx.probe.sessions().get(&baseline.caller) else { return Ok(None) };
    let public = matches!(surveyed.anonymous_reading(), Some(AnswerKind::Data));
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
    let answer = cx.send(&baseline.ask_as(AskCaller::Cookies(baseline.caller.clone()))).await?;
    let served = CheckCx::reading(surveyed, &answer, &baseline.masks, &[]) == AnswerKind::Data;
    Ok(served.then_some(answer))
}

async fn judge_reflection(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    (mut rule, seen): (Rule, &Reflection),
) -> CheckResult {
    let ambient = find_browser_answer(cx, surveyed, baseline).await?;
    let plain = baseline.first.response().and_then(|response| response.header("access-control-allow-origin"));
    let differs = plain != Some(seen.origin.as_str());
    rule.weigh("not-fixed", differs, "a request without an origin is not answered with it");
    rule.weigh("repeated", reflects_origin(&seen.again, &seen.origin), "the same request again is answered alike");
    rule.show(Role::Attack, &seen.answer).show(Role::Baseline, &baseline.first);
    let because = if ambient.is_some() {
        format!("{} is served by what browsers send themselves", baseline.caller)
    } else {
        "a foreign page cannot send the credential, or the answer is public".to_owned()
    };
    rule.weigh("credentials-are-ambient", ambient.is_some(), because);
    let finding = |cause: &str, severity| Violation {
        site: "header:Origin".to_owned(),
        cause: format!("cors {} {cause}", seen.what),
        claim: format!("{} may read answers with credentials", seen.what),
        severity,
        surveyed,
    };
    match ambient {
        Some(answer) => {
            rule.show(Role::Control, &answer);
            rule.found(finding("ambient", None))
        }
        None => rule.observed(finding("tokens", Some(Severity::Info))),
    }
}
