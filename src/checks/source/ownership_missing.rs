//! `source/ownership-missing`.

use super::cx::{SourceCx, SourceDraft, is_public, read_only};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Rule, Violation};
use crate::code::{AccessFacts, HandlerFacts};
use crate::model::{Operation, Severity, Silence};

check! {
    /// ## What it does
    /// Reads each handler for objects that it loads by what a client names, and for anything that ties them to the caller.
    ///
    /// ## Why it matters
    /// A handler that checks the caller, and not the owner of the object, serves every user the objects of all.
    ///
    /// ## How it is confirmed
    /// Not at all: the code says what it does, and not who is meant to reach what. A scan of the running API with two
    /// users decides. It is of high severity where a model names an owner, or another handler looks at the owner of the
    /// same kind of object.
    ///
    /// ## When it stays silent
    /// When the API runs (`authz/bola-*` prove it then), when a query, a comparison or a helper ties the object to the
    /// caller or a role, when nothing asks who calls (`source/auth-missing`), when the document says that the route is
    /// public, and for reads of what some list serves to everyone.
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    OwnershipMissing {
        id: "source/ownership-missing",
        title: "A handler loads an object by its id and never looks at its owner",
        severity: Medium,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.2.0",
        plan: |_, _| Need::NotApplicable,
        source: find_missing_ownership,
    }
}

fn find_missing_ownership(cx: SourceCx<'_>) -> Vec<SourceDraft> {
    let known = cx.handlers().filter(|(operation, handler)| {
        !is_public(operation) && !handler.is_role_gated && (handler.asks_caller || !handler.guards.is_empty())
    });
    known.filter_map(|(operation, handler)| judge_handler(cx, operation, handler).ok()).collect()
}

fn judge_handler(cx: SourceCx<'_>, operation: &Operation, handler: &HandlerFacts) -> Result<SourceDraft, Silence> {
    let mut rule = Rule::default();
    let is_named = |access: &&AccessFacts| access.is_open && access.named_by.is_some();
    let access = handler.accesses.iter().find(is_named);
    let access = access.ok_or_else(|| Silence::not_applicable("every object that a client can name is tied"));
    let access = rule.need("loads-unchecked", access, |access| access.because.clone())?;
    let elsewhere = |is_it: &dyn Fn(&AccessFacts) -> bool| {
        let others = cx.handlers().filter(|(other, _)| other.id != operation.id);
        let mut found = others.filter(|(_, other)| {
            other.accesses.iter().any(|known| known.model.is_some() && known.model == access.model && is_it(known))
        });
        found.next().map(|(other, _)| other.id.to_string())
    };
    // A list that anybody gets says that reading is meant for all, whoever made it.
    if !access.is_write && elsewhere(&|known| known.is_shared && known.is_list).is_some() {
        return Err(Silence::open("a list serves the same to everyone"));
    }
    let sibling = elsewhere(&|known| known.is_tied);
    let owned = match (&access.owner, &sibling) {
        (_, Some(sibling)) => Some(format!("{sibling} looks at the owner of the same")),
        (Some(owner), None) => Some(format!("its model names an owner (`{owner}`)")),
        (None, None) => None,
    };
    rule.weigh(
        "has-owner",
        owned.is_some().then_some(true),
        owned.clone().unwrap_or_else(|| "no model names an owner".to_owned()),
    );
    let id = access.named_by.clone().unwrap_or_default();
    let what = if access.is_write { "changes" } else { "serves" };
    let claim = format!("the handler {what} what `{id}` names to whoever is signed in ({})", access.place);
    let severity = owned.is_some().then_some(Severity::High);
    let cause = format!("{} {id}", operation.id);
    let finding = Violation { severity, ..Violation::of(operation, format!("source:{}", access.place), cause, claim) };
    Ok(read_only(rule, finding, &access.place))
}
