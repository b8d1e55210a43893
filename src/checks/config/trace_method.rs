//! `config/trace-method`.

use crate::checks::context::CheckCx;
use crate::checks::meta::{Need, check};
use crate::checks::once::is_asked_beside;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{Method, Role, Silence};
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends TRACE once, without a credential, with a header of its own.
    ///
    /// ## Why it matters
    /// TRACE answers with the request as it arrived: headers that a gateway adds, among them internal addresses and
    /// credentials, are shown to whoever asks.
    ///
    /// ## How it is confirmed
    /// The answer repeats the request's first line and the header, twice, and a GET with the same header does not.
    ///
    /// ## When it stays silent
    /// When TRACE is refused, and when it is answered as any other method is: only the echo proves it.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-16, RFC 9110 section 9.3.8
    TraceMethod {
        id: "config/trace-method",
        title: "TRACE repeats the request to whoever asks",
        severity: Low,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [16],
        remedy: "security-headers",
        since: "0.2.0",
        plan: |cx, operation| match is_asked_beside(cx, operation) && !operation.is_graphql() {
            true => Need::Requests(3),
            false => Need::NotApplicable,
        },
        read: check_trace,
    }
}

async fn check_trace(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let served = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let word = format!("rw{:016x}", rand::random::<u64>());
    let headers = vec![("x-routewarden-echo".to_owned(), word.clone())];
    let plain = Ask { headers, ..Ask::get(AskCaller::Anonymous, served.url.clone()) };
    let trace = Ask { method: Method::Trace, ..plain.clone() };
    let echo = cx.send(&trace).await?;
    let repeated = ensure(repeats(&echo, &word), || {
        defence_held(&echo, &served.first, format!("TRACE repeats nothing (status {})", status_text(&echo)))
    });
    let mut rule = Rule::default();
    rule.need("request-is-repeated", repeated, |()| {
        "the answer has the request's first line and its header".to_owned()
    })?;
    let (again, control) = (cx.send(&trace.again(1)).await?, cx.send(&plain).await?);
    rule.weigh("repeated", repeats(&again, &word), "the same request again shows it too");
    let said = format!("a GET with the same header does not (status {})", status_text(&control));
    rule.weigh("get-does-not", !repeats(&control, &word), said);
    rule.show(Role::Attack, &echo).show(Role::Control, &control);
    rule.found(Violation::of(surveyed, "method:TRACE", "trace", "TRACE answers with the request as it arrived"))
}

fn repeats(answer: &Answer, word: &str) -> bool {
    let text = answer.response().filter(|response| response.is_success()).map(|response| response.text.as_str());
    text.is_some_and(|text| text.contains("TRACE /") && text.contains(word))
}
