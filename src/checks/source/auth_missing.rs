//! `source/auth-missing`.

use super::cx::{SourceCx, SourceDraft, is_public, read_only};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Rule, Violation};
use crate::code::HandlerFacts;
use crate::model::{Operation, Silence};

check! {
    /// ## What it does
    /// Compares the guards of handlers under one path: which of them keep callers without a credential out.
    ///
    /// ## Why it matters
    /// One forgotten decorator, dependency or middleware opens a route to anyone, and no test of the others notices.
    ///
    /// ## How it is confirmed
    /// Not at all: the code says what is guarded, and not what is meant to be. Nothing guards the handler, it does not
    /// ask for its caller, it reaches data, and most of its siblings are guarded.
    ///
    /// ## When it stays silent
    /// When the API runs (`authn/missing` proves it then), when no sibling is guarded, when the code lets strangers in on
    /// purpose, when something before the handler is not understood, for a read whose guarded siblings only write, and
    /// when the document says that the route is public.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-306
    AuthMissing {
        id: "source/auth-missing",
        title: "A handler lacks the guard that its siblings have",
        severity: Medium,
        level: Passive,
        owasp: ["API2:2023"],
        cwe: [306],
        remedy: "require-authentication",
        since: "0.2.0",
        plan: |_, _| Need::NotApplicable,
        source: find_missing_auth,
    }
}

fn find_missing_auth(cx: SourceCx<'_>) -> Vec<SourceDraft> {
    cx.handlers().filter_map(|(operation, handler)| judge_handler(cx, operation, handler).ok()).collect()
}

fn judge_handler(cx: SourceCx<'_>, operation: &Operation, handler: &HandlerFacts) -> Result<SourceDraft, Silence> {
    let mut rule = Rule::default();
    let is_bare = !is_guarded(handler) && !handler.is_unclear && !is_public(operation);
    let bare = is_bare.then_some(handler).ok_or_else(|| Silence::not_applicable("it is guarded, or open on purpose"));
    rule.need("unguarded", bare, |bare| format!("nothing keeps strangers out of {}", bare.place))?;
    let access = handler.accesses.first().map(|access| format!("it reaches data at {}", access.place));
    let reaches = access.or_else(|| handler.makes.first().map(|made| format!("it makes a `{made}`")));
    let reaches = reaches.ok_or_else(|| Silence::not_applicable("it reaches no data"));
    rule.need("reaches-data", reaches, String::clone)?;
    let group = group_of(operation);
    let siblings: Vec<(&Operation, &HandlerFacts)> =
        cx.handlers().filter(|(other, _)| other.id != operation.id && group_of(other) == group).collect();
    let guarded: Vec<&(&Operation, &HandlerFacts)> = siblings.iter().filter(|(_, other)| is_guarded(other)).collect();
    // That what writes is guarded says nothing of who may read.
    let alike = guarded.iter().find(|(other, _)| !operation.method.is_safe() || other.method.is_safe());
    let is_most = guarded.len() * 3 >= siblings.len() * 2;
    let sibling = alike.filter(|_| is_most).ok_or_else(|| Silence::open("its siblings are open too"));
    let (sibling, by) = rule.need("siblings-guarded", sibling, |(other, by)| {
        let guard = by.guards.first().map_or("it asks for its caller", String::as_str);
        format!("{} of {} beside it are guarded, {} among them ({guard})", guarded.len(), siblings.len(), other.id)
    })?;
    let guard = by.guards.first().map(|guard| format!(" (`{guard}`)")).unwrap_or_default();
    let claim = format!("the handler of {} has no guard, as {} has{guard}", operation.id, sibling.id);
    let site = format!("source:{}", handler.place);
    let finding = Violation::of(operation, site, operation.id.to_string(), claim);
    Ok(read_only(rule, finding, &handler.place))
}

fn is_guarded(handler: &HandlerFacts) -> bool {
    !handler.guards.is_empty() || handler.asks_caller
}

/// Returns the path up to its first value: what stands below is about the same things.
fn group_of(operation: &Operation) -> &str {
    let path = operation.path.as_str();
    path.find("/{").and_then(|at| path.get(..at)).unwrap_or(path).trim_end_matches('/')
}
