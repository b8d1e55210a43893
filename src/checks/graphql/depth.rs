//! `graphql/depth`.

use serde_json::Value;

use super::endpoint::{answered_names, ask_about, first_error, plan_beside, served_caller};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::graphql::about;
use crate::model::{Role, Silence, clean_name};
use crate::probe::Answer;
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Asks the GraphQL endpoint once for 20 levels of objects that lead back to each other, below an object that does not exist:
    /// whether so deep a question is allowed shows before anything is looked up, and there is nothing to look up.
    ///
    /// ## Why it matters
    /// Where objects lead back to each other, each level multiplies the work of the one before; without a bound one short request
    /// may keep a server busy for minutes.
    ///
    /// ## How it is confirmed
    /// It is an observation: the question is carried out, though it finds nothing, and a shallow one is answered.
    ///
    /// ## When it stays silent
    /// When the question is refused as a whole, and when no objects that a field gives by an id lead back to themselves: then the
    /// schema itself bounds the depth.
    ///
    /// ## References
    /// OWASP API4:2023, CWE-674
    Depth {
        id: "graphql/depth",
        title: "The GraphQL endpoint answers questions of any depth",
        severity: Medium,
        level: Intrusive,
        owasp: ["API4:2023"],
        cwe: [674],
        remedy: "request-bounds",
        since: "0.2.0",
        plan: |cx, operation| match cx.api.graphql.as_ref().is_some_and(|service| service.has_cycle) {
            true => plan_beside(cx, operation, 2),
            false => crate::checks::Need::NotApplicable,
        },
        read: check_depth,
    }
}

async fn check_depth(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let caller = served_caller(cx);
    let plain = ask_about(cx, caller.clone(), about::PLAIN, 0).await?;
    let answered =
        ensure(answered_names(&plain) == 1, || Silence::undecided("the endpoint does not answer a plain question"));
    let mut rule = Rule::default();
    rule.need("plain-question-answered", answered, |()| "a plain question is answered".to_owned())?;
    let deep = ask_about(cx, caller, about::DEPTH, 0).await?;
    let carried_out = ensure(is_carried_out(&deep), || {
        let said = clean_name(first_error(&deep).unwrap_or_default(), 80);
        defence_held(&deep, &plain, format!("a deep question is refused (status {}): {said}", status_text(&deep)))
    });
    rule.need("deep-question-answered", carried_out, |()| "a question of 20 levels is carried out".to_owned())?;
    rule.show(Role::Attack, &deep).show(Role::Control, &plain);
    rule.observed(Violation::of(surveyed, "depth", "graphql depth", "a question of 20 levels is carried out"))
}

/// Returns whether a question came as far as its fields: by data, or by an error at one of them (GraphQL, October 2021, §7.1).
fn is_carried_out(answer: &Answer) -> bool {
    let json = answer.response().filter(|response| response.is_success()).and_then(|response| response.json.as_ref());
    json.is_some_and(|json| {
        let at_field = |error: &Value| error.get("path").and_then(Value::as_array).is_some_and(|path| !path.is_empty());
        let errors = json.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        json.get("data").is_some_and(Value::is_object) || errors.iter().any(at_field)
    })
}
