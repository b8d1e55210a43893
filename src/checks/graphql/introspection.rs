//! `graphql/introspection`.

use serde_json::Value;

use super::endpoint::{ask_about, first_error, plan_beside};
use crate::checks::context::CheckCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, status_text};
use crate::model::graphql::about;
use crate::model::{Role, Silence, clean_name};
use crate::probe::{Answer, AskCaller};
use crate::survey::Surveyed;

check! {
    /// ## What it does
    /// Asks the GraphQL endpoint for its schema without a credential; where that is refused, for a field that is spelt wrong, to
    /// which many servers answer with the right names.
    ///
    /// ## Why it matters
    /// The schema is the map of what to attack: it names fields and mutations that no client of the API shows.
    ///
    /// ## How it is confirmed
    /// It is an observation: the answer names the types of the schema, or suggests a field that was not asked for.
    ///
    /// ## When it stays silent
    /// When strangers are refused both. A public API that publishes its schema does so by right, so that it never costs a grade.
    ///
    /// ## References
    /// OWASP API8:2023, CWE-200
    Introspection {
        id: "graphql/introspection",
        title: "Strangers may read the GraphQL schema",
        severity: Info,
        level: Passive,
        owasp: ["API8:2023"],
        cwe: [200],
        remedy: "keep-document-true",
        since: "0.2.0",
        plan: |cx, operation| plan_beside(cx, operation, 2),
        refused: true,
        read: check_introspection,
    }
}

async fn check_introspection(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let schema = ask_about(cx, AskCaller::Anonymous, about::INTROSPECTION, 0).await?;
    let mut rule = Rule::default();
    if let Some(types) = named_types(&schema) {
        rule.weigh("names-types", types > 0, format!("strangers are told {types} types of the schema"));
        rule.show(Role::Attack, &schema);
        let claim = format!("introspection is open to everybody: it names {types} types");
        return rule.observed(Violation::of(surveyed, "schema", "graphql schema", claim));
    }
    let misspelt = ask_about(cx, AskCaller::Anonymous, about::SUGGESTION, 0).await?;
    let suggests = suggested_names(&misspelt).ok_or_else(|| match cx.served_somewhere() {
        Ok(served) => {
            defence_held(&schema, &served, format!("strangers get no schema (status {})", status_text(&schema)))
        }
        Err(_) => Silence::undecided("no caller is served"),
    });
    let suggests = rule.need("suggests-fields", suggests, |names| format!("a wrong name is answered with {names}"))?;
    rule.show(Role::Attack, &misspelt).show(Role::Control, &schema);
    let claim = format!("introspection is closed, and suggestions tell the schema all the same: {suggests}");
    rule.observed(Violation::of(surveyed, "suggestions", "graphql suggestions", claim))
}

fn named_types(answer: &Answer) -> Option<usize> {
    let json = answer.response().filter(|response| response.is_success())?.json.as_ref()?;
    let types = json.get("data")?.get("__schema")?.get("types").and_then(Value::as_array)?;
    (!types.is_empty()).then_some(types.len())
}

/// Returns the names that an error gives in answer to `__schem`.
fn suggested_names(answer: &Answer) -> Option<String> {
    let (_, names) = first_error(answer)?.split_once("Did you mean")?;
    Some(clean_name(names.trim_matches([' ', '?', '"']), 80)).filter(|names| !names.is_empty())
}
