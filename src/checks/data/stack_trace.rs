//! `data/stack-trace`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, attack_withstood};
use crate::detect::trace::{TraceMatch, stack_trace_in, undo_json_escapes};
use crate::model::{Role, Silence, clean_text};
use crate::probe::Answer;
use crate::survey::{GivenAnswer, Surveyed};

check! {
    /// ## What it does
    /// Looks in every answer that the scan got, errors above all, for the frames of a stack trace, SQL with its error,
    /// and the debug pages of frameworks.
    ///
    /// ## Why it matters
    /// A trace shows an attacker the framework, its version, the file layout and often the query.
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
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(1) } else { Need::NotApplicable },
        read: check_stack_traces,
    }
}

async fn check_stack_traces(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    // Showing traces may be what this route is for, or its content quotes one: those lines are no fault.
    let valid = surveyed.valid().filter_map(|baseline| baseline.first.response());
    let quoted: String = valid.map(|response| undo_json_escapes(&response.text)).collect();
    let errors = surveyed.given_otherwise();
    let traced = errors.iter().find_map(|given| {
        let found = trace_in(&given.answer)?;
        let quotes = quoted.contains(found.excerpt_line.as_str());
        (is_error(&given.answer) || !quotes).then_some(Traced { given, found, quotes })
    });
    match traced {
        Some(traced) => prove_trace(cx, surveyed, &traced).await,
        None => Err(no_trace(surveyed, &errors)),
    }
}

/// An answer with a stack trace.
struct Traced<'a> {
    given: &'a GivenAnswer,
    found: TraceMatch,
    /// The valid answer has the line too.
    quotes: bool,
}

fn no_trace(surveyed: &Surveyed, errors: &[GivenAnswer]) -> Silence {
    let judged = errors.iter().map(|given| &given.answer).find(|answer| answer.response().is_some());
    match (judged, surveyed.valid().next()) {
        (Some(error), Some(served)) => attack_withstood(error, &served.first, "no answer shows a trace"),
        (Some(_), None) => Silence::undecided("no answer shows a trace, and no caller is served"),
        (None, _) => Silence::not_applicable("no error was seen here"),
    }
}

async fn prove_trace(cx: &CheckCx<'_>, surveyed: &Surveyed, traced: &Traced<'_>) -> CheckResult {
    let Traced { given: GivenAnswer { answer, repeat, .. }, found: TraceMatch { language, excerpt_line }, quotes } =
        traced;
    let again = match repeat {
        Some(ask) => Some(cx.send(ask).await?),
        None => None,
    };
    let mut rule = Rule::default();
    let line = clean_text(&cx.probe.redactor().text(excerpt_line), 120);
    rule.weigh("frames-in-answer", trace_in(answer).is_some(), format!("{language}: {line}"));
    let because = if again.is_some() { "the same request again shows it too" } else { "asked once only" };
    rule.weigh("repeated", again.as_ref().map(|again| trace_in(again).is_some()), because).show(Role::Attack, answer);
    if let Some(baseline) = surveyed.valid().next() {
        // With a status of failure it is the server's own, even where the content quotes such a line.
        let because = if *quotes { "it came with a status of failure" } else { "the valid answer has no such line" };
        rule.weigh("is-no-content", !quotes || is_error(answer), because);
        rule.show(Role::Baseline, &baseline.first);
    } else if let Some(again) = &again {
        rule.show(Role::Control, again);
    }
    rule.found(Violation::of(
        surveyed,
        "response",
        format!("trace {language}"),
        format!("an answer with status {} shows a {language} trace", answer.status().unwrap_or(0)),
    ))
}

fn trace_in(answer: &Answer) -> Option<TraceMatch> {
    stack_trace_in(&answer.response()?.text)
}

/// A log viewer shows traces with success; with a status of failure they are the server's own.
fn is_error(answer: &Answer) -> bool {
    answer.status().is_some_and(|status| status >= 400)
}
