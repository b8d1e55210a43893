//! `data/stack-trace`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, unsent};
use crate::detect::trace::stack_trace;
use crate::model::{Operation, Role, Verdict};
use crate::probe::{Answer, Ask, SendError};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Looks in every answer that the scan got, errors above all, for the frames of a stack trace, SQL with its error,
    /// and the debug pages of frameworks.
    ///
    /// ## Why it matters
    /// A trace tells an attacker the framework, its version, the file layout and often the query.
    ///
    /// ## How it is confirmed
    /// Frames of a known shape stand in the answer, and again when the same is asked again; the valid answer of the same
    /// route has none.
    ///
    /// ## When it stays silent
    /// For text that merely talks about errors, and for routes whose valid answers show traces (a log viewer).
    ///
    /// ## References
    /// OWASP API8:2023, CWE-209
    StackTrace {
        id: "data/stack-trace",
        title: "An answer shows a stack trace",
        severity: Low,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [209],
        remedy: "error-handler",
        since: "0.1.0",
    }
}

impl Check for StackTrace {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, _cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if PlanCx::is_read(operation) { Need::Requests(1) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    // Showing traces may be what this route is for, or its content quotes one: those lines are no fault.
    let valid = surveyed.valid().filter_map(|baseline| baseline.first.response());
    let quoted: String = valid.map(|response| unescaped(&response.text)).collect();
    let mut looked = false;
    for (answer, repeat) in errors(surveyed) {
        looked = true;
        let found = trace_in(&answer).filter(|(_, line)| is_error(&answer) || !quoted.contains(line.as_str()));
        let Some((language, shown)) = found else { continue };
        let again = match repeat {
            Some(ask) => Some(cx.send(&ask).await?),
            None => None,
        };
        let mut proof = Proof::default();
        let line = crate::model::clean(&cx.probe.redactor().text(&shown), 120);
        proof.clause("frames-in-answer", true, format!("{language}: {line}"));
        match &again {
            Some(again) => proof.clause("repeated", trace_in(again).is_some(), "the same request again shows it too"),
            None => proof.open("repeated", "asked once only"),
        };
        proof.show(Role::Attack, &answer);
        if let Some(baseline) = surveyed.valid().next() {
            // With a status of failure it is the server's own, even where the content quotes such a line.
            let quotes = quoted.contains(shown.as_str());
            let because = if quotes { "it came with a status of failure" } else { "the valid answer has no such line" };
            proof.clause("is-no-content", !quotes || is_error(&answer), because);
            proof.show(Role::Baseline, &baseline.first);
        } else if let Some(again) = &again {
            proof.show(Role::Control, again);
        }
        return Ok(proof.broken(Finding {
            site: "response".to_owned(),
            cause: format!("trace {language}"),
            claim: format!("an answer with status {} shows a {language} trace", answer.status().unwrap_or(0)),
            severity: None,
            surveyed,
        }));
    }
    Ok(if looked { held("no answer shows a trace") } else { inconclusive("no error was seen here", None) })
}

/// Answers other than the valid ones, each with the request that repeats it.
pub(super) fn errors(surveyed: &Surveyed) -> Vec<(std::sync::Arc<Answer>, Option<Ask>)> {
    let mut found = Vec::new();
    for baseline in surveyed.by.values() {
        let ask = CheckCx::as_caller(baseline, CheckCx::caller(&baseline.caller));
        if !baseline.valid(&surveyed.volatile) {
            found.push((baseline.first.clone(), Some(ask.again(3))));
        }
        if let (Some(missing), Some(url)) = (&baseline.missing, &baseline.missing_url) {
            found.push((missing.clone(), Some(Ask { url: url.clone(), ..ask.again(3) })));
        }
    }
    let strangers = surveyed.asked_by_strangers();
    let asked = |caller| strangers.map(|baseline| CheckCx::as_caller(baseline, caller).again(3));
    if let Some(anonymous) = &surveyed.anonymous {
        found.push((anonymous.clone(), asked(crate::probe::Caller::Anonymous)));
    }
    if let (Some(garbage), Some(name)) = (&surveyed.garbage, &surveyed.strangers_as) {
        found.push((garbage.clone(), asked(crate::probe::Caller::Garbage(name.clone()))));
    }
    found
}

fn trace_in(answer: &Answer) -> Option<(&'static str, String)> {
    let response = answer.response()?;
    stack_trace(&response.text)
        .or_else(|| stack_trace(&unescaped(&response.text)))
        .map(|found| (found.language, found.excerpt_line))
}

/// Traces within JSON strings have their line breaks escaped.
fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\\"", "\"")
}

/// A log viewer shows traces with success; with a status of failure they are the server's own.
fn is_error(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status >= 400)
}
