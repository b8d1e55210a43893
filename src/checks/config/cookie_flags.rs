//! `config/cookie-flags`.

use std::sync::Arc;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, nothing_found};
use crate::model::{ANONYMOUS, Method, Operation, Role, Silence, clean_name};
use crate::probe::{Answer, TokenCarrier};
use crate::survey::{AnswerKind, Baseline, Surveyed};

check! {
    /// ## What it does
    /// Looks at the line by which the sign-in set the cookie that carries the session: `HttpOnly`, `Secure`, `SameSite`.
    ///
    /// ## Why it matters
    /// Without `HttpOnly` a script on any page of the site reads the session; without `Secure` it travels over plain HTTP;
    /// with `SameSite=None`, or on browsers that have no default, foreign pages send it.
    ///
    /// ## How it is confirmed
    /// The cookie is the one by which the caller is served, strangers are refused, and its line lacks `HttpOnly`, or
    /// `Secure` over HTTPS.
    ///
    /// ## When it stays silent
    /// For cookies that are no session, and where the sign-in was not seen. `Secure` is not asked for over plain HTTP.
    /// That `SameSite` alone is missing is an observation: most browsers take `Lax` then.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-614, RFC 6265bis section 4.1.2
    CookieFlags {
        id: "config/cookie-flags",
        title: "The session cookie lacks its protection",
        severity: Low,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [614],
        remedy: "session-cookie",
        since: "0.2.0",
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable },
        read: check_cookie_flags,
    }
}

/// The line that set the session cookie of a caller.
struct SessionCookie<'a> {
    baseline: &'a Baseline,
    login: Arc<Answer>,
    name: String,
    line: String,
}

async fn check_cookie_flags(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let cookie = rule.need("session-cookie", find_session_cookie(cx, surveyed), |cookie| {
        format!("{} is served here by the cookie `{}`, which its sign-in set", cookie.baseline.caller, cookie.name)
    })?;
    let refused = matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_)));
    ensure(refused, || Silence::open("strangers are served too: the cookie opens nothing here"))?;
    rule.weigh("strangers-refused", refused, "the same request without the cookie is refused");

    let missing = missing_flags(&cookie.line, cx.probe.base_url().scheme() == "https");
    let lacks = (!missing.is_empty()).then(|| missing.join(", "));
    let lacks = lacks.ok_or_else(|| nothing_found(&cookie.baseline.first, "the session cookie has its flags"));
    let lacks = rule.need("flags-missing", lacks, |lacks| format!("the line that sets it lacks {lacks}"))?;
    rule.show(Role::Attack, &cookie.login).show(Role::Baseline, &cookie.baseline.first);

    let claim = format!("the session cookie `{}` is set without {lacks}", cookie.name);
    let cause = format!("cookie {} {lacks}", cookie.name);
    let site = format!("cookie:{}", cookie.name);
    let finding = match find_sign_in(cx, &cookie.login) {
        Some(operation) => Violation::of(operation, site, cause, claim),
        None => Violation::of(surveyed, site, cause, claim),
    };
    // Browsers have a default for one of them, and none for the others.
    if missing == ["SameSite"] { rule.observed(finding) } else { rule.found(finding) }
}

fn find_session_cookie<'a>(cx: &CheckCx<'_>, surveyed: &'a Surveyed) -> Result<SessionCookie<'a>, Silence> {
    let session_of = |name: &str| cx.probe.sessions().get(name);
    let by_cookie = surveyed.valid().filter(|baseline| baseline.caller != ANONYMOUS).find_map(|baseline| {
        let session = session_of(&baseline.caller)?;
        matches!(session.carrier, TokenCarrier::Cookie(_)).then_some((baseline, session))
    });
    let (baseline, session) =
        by_cookie.ok_or_else(|| Silence::not_applicable("no session travels in a cookie here"))?;
    let login =
        session.login.clone().ok_or_else(|| Silence::not_tried("the answer that set the cookie was not seen"))?;
    let lines: Vec<&str> = login.response().into_iter().flat_map(|response| response.all("set-cookie")).collect();

    // Among several cookies the one with the token is looked for; where any may be it, none is judged.
    let named: Vec<&str> = match &session.carrier {
        TokenCarrier::Cookie(name) if name != "*" => {
            lines.iter().copied().filter(|line| name_of(line) == name).collect()
        }
        _ => lines.iter().copied().filter(|line| carries_token(line)).collect(),
    };
    match named.as_slice() {
        [line] => {
            let (name, line) = (clean_name(name_of(line), 60), (*line).to_owned());
            Ok(SessionCookie { baseline, login: Arc::clone(&login), name, line })
        }
        _ => Err(Silence::undecided("which of the cookies is the session is not known")),
    }
}

fn name_of(line: &str) -> &str {
    line.split('=').next().unwrap_or_default().trim()
}

/// Returns true for values that are long enough for a session, under a name that speaks of nothing else.
fn carries_token(line: &str) -> bool {
    let name = name_of(line).to_ascii_lowercase();
    let value = line.split(';').next().and_then(|pair| pair.split_once('=')).map_or("", |(_, value)| value.trim());
    value.len() >= 16 && !name.contains("csrf") && !name.contains("xsrf")
}

/// Returns the attributes (RFC 6265bis §4.1.2) that a line should have and has not.
fn missing_flags(line: &str, over_tls: bool) -> Vec<&'static str> {
    let attributes: Vec<String> = line.split(';').skip(1).map(|part| part.trim().to_ascii_lowercase()).collect();
    let has = |name: &str| attributes.iter().any(|part| part.split('=').next().is_some_and(|it| it.trim() == name));
    let wanted = [("HttpOnly", has("httponly")), ("Secure", has("secure") || !over_tls), ("SameSite", has("samesite"))];
    wanted.into_iter().filter(|(_, is_there)| !is_there).map(|(name, _)| name).collect()
}

/// Returns the documented operation that answered a sign-in.
fn find_sign_in<'a>(cx: &'a CheckCx<'_>, login: &Answer) -> Option<&'a Operation> {
    let address = url::Url::parse(&login.exchange.request.url).ok()?;
    let is_it = |operation: &&Operation| {
        operation.method == Method::Post && !operation.path.contains('{') && address.path().ends_with(&operation.path)
    };
    cx.survey.api.operations.iter().filter(is_it).max_by_key(|operation| operation.path.len())
}

#[cfg(test)]
mod tests {
    use super::{carries_token, missing_flags};

    #[test]
    fn flags_are_read_as_attributes_and_not_as_text() {
        assert_eq!(missing_flags("sid=httponly; Path=/", true), ["HttpOnly", "Secure", "SameSite"]);
        assert_eq!(missing_flags("sid=a; httponly ;SameSite = Lax", false), Vec::<&str>::new());
        assert_eq!(missing_flags("sid=a; HttpOnly; SameSite=Lax", true), ["Secure"]);
        assert_eq!(missing_flags("sid=a; HttpOnly; Secure", true), ["SameSite"]);
    }

    #[test]
    fn cookies_against_forged_requests_hold_no_session() {
        assert!(carries_token("sid=8f2c1b7a9d4e6f3c; Path=/"));
        assert!(!carries_token("csrftoken=8f2c1b7a9d4e6f3c; Path=/"));
        assert!(!carries_token("theme=dark"));
    }
}
