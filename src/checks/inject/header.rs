//! `inject/header`.

use super::input::{inputs_of, plan_inputs};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held};
use crate::model::{Role, Silence};
use crate::probe::Answer;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Sends a value with a line break and a header of its own behind it, and looks whether the answer has that header.
    ///
    /// ## Why it matters
    /// Who writes headers sets cookies, redirects, and what caches keep for others.
    ///
    /// ## How it is confirmed
    /// The answer has the header with the value that was sent, again with another value, and does not have it without.
    ///
    /// ## When it stays silent
    /// When the line break is refused, encoded, or not part of a header.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-113, RFC 9110 section 5.5
    Header {
        id: "inject/header",
        title: "Input splits a header of the answer",
        severity: Medium,
        level: Intrusive,
        owasp: ["API8:2023"],
        cwe: [113],
        remedy: "input-as-data",
        since: "0.2.0",
        plan: |cx, operation| plan_inputs(cx, operation, 2, |_| true),
        refused: true,
        read: check_header_splitting,
    }
}

const NAME: &str = "x-routewarden";

async fn check_header_splitting(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    // What redirects is refused to nobody, and no data either.
    let baseline = surveyed.valid().next().or_else(|| surveyed.by.values().next());
    let baseline = baseline.ok_or_else(|| Silence::undecided("no answer"))?;
    let has = |answer: &Answer, mark: &str| {
        answer.response().and_then(|response| response.header(NAME)).is_some_and(|value| value.trim() == mark)
    };
    let mut last = Silence::not_applicable("it takes no free value");
    for input in inputs_of(cx, surveyed, baseline, |_| true) {
        let (mark, other) = (new_mark(), new_mark());
        let split = |mark: &str| format!("{}\r\n{NAME}: {mark}", input.value);
        let asks =
            (input.ask(cx, surveyed, baseline, &split(&mark)), input.ask(cx, surveyed, baseline, &split(&other)));
        let (Some(ask), Some(second)) = asks else { continue };
        let answer = cx.send(&ask).await?;
        if !has(&answer, &mark) {
            last = defence_held(&answer, &baseline.first, "a line break begins no header");
            continue;
        }
        let again = cx.send(&second).await?;
        let mut rule = Rule::default();
        rule.weigh("header-is-there", has(&answer, &mark), format!("the answer has the header `{NAME}` that was sent"));
        rule.weigh("repeated", has(&again, &other), "another value comes back in it too");
        rule.weigh("absent-without", !has(&baseline.first, &mark), "the plain request is answered without it");
        rule.show(Role::Attack, &answer).show(Role::Attack, &again).show(Role::Baseline, &baseline.first);
        let cause = format!("{} {}", surveyed.operation.path, input.name);
        let claim = format!("a line break in `{}` begins a header of the answer", input.name);
        return rule.found(Violation::of(surveyed, input.site(), cause, claim));
    }
    Err(last)
}

fn new_mark() -> String {
    format!("{:016x}", rand::random::<u64>())
}
