//! `graphql/batching`.

use super::endpoint::{answered_names, ask_about, plan_beside, served_caller};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::graphql::about;
use crate::model::{Role, Silence};
use crate::survey::Surveyed;

/// More names than any client gives one field in one question.
const MANY_NAMES: usize = 50;
/// More questions than a client sends at once would be 10; all must be answered.
const MANY_QUESTIONS: usize = 10;

check! {
    /// ## What it does
    /// Asks the GraphQL endpoint for one name of its schema under 50 aliases, and sends 10 such questions in one request, each
    /// once. `__typename` reaches no resolver, so that neither costs the target anything.
    ///
    /// ## Why it matters
    /// What is limited by the request (sign-ins, one-time codes, requests a second) is not limited where one request may ask a
    /// thousand times.
    ///
    /// ## How it is confirmed
    /// It is an observation: every alias, or every question of the batch, is answered.
    ///
    /// ## When it stays silent
    /// When aliases are limited and a batch is refused. Servers that weigh each field may allow cheap ones alone: that is why it
    /// is no finding.
    ///
    /// ## References
    /// OWASP API4:2023, CWE-770
    Batching {
        id: "graphql/batching",
        title: "One request may ask the GraphQL endpoint any number of times",
        severity: Low,
        level: Intrusive,
        owasp: ["API4:2023"],
        cwe: [770],
        remedy: "request-bounds",
        since: "0.2.0",
        plan: |cx, operation| plan_beside(cx, operation, 3),
        read: check_batching,
    }
}

async fn check_batching(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let caller = served_caller(cx);
    let plain = ask_about(cx, caller.clone(), about::PLAIN, 0).await?;
    ensure(answered_names(&plain) == 1, || Silence::undecided("the endpoint does not answer a plain question"))?;
    let aliases = ask_about(cx, caller.clone(), about::ALIASES, 0).await?;
    let batch = ask_about(cx, caller, about::BATCH, 0).await?;
    let (names, questions) = (answered_names(&aliases), answered_names(&batch));
    let (by_alias, by_batch) = (names >= MANY_NAMES, questions >= MANY_QUESTIONS);
    ensure(by_alias || by_batch, || {
        let said = format!("neither aliases (status {}) nor a batch are answered whole", status_text(&aliases));
        defence_held(&aliases, &plain, said)
    })?;
    let mut rule = Rule::default();
    if by_alias {
        rule.weigh("aliases-answered", by_alias, format!("{names} aliases of one field are answered"));
        rule.show(Role::Attack, &aliases);
    }
    if by_batch {
        rule.weigh("batch-answered", by_batch, format!("{questions} questions in one request are answered"));
        rule.show(Role::Attack, &batch);
    }
    rule.show(Role::Control, &plain);
    let how = match (by_alias, by_batch) {
        (true, true) => "50 aliases and batches of 10",
        (true, false) => "50 aliases",
        _ => "batches of 10",
    };
    rule.observed(Violation::of(surveyed, "batch", "graphql batching", format!("one request may hold {how}")))
}
