//! `inventory/document-exposed`.

use crate::checks::context::CheckCx;
use crate::checks::meta::{Need, check};
use crate::checks::once::is_asked_beside;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure};
use crate::model::{Operation, Role, Silence, clean_name, name_first};
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::{Surveyed, role_word};

check! {
    /// ## What it does
    /// Asks the target for its own document without a credential, and looks for operations in it that are not for the public:
    /// those of administrators, of staff, internal ones.
    ///
    /// ## Why it matters
    /// The document is the map of what to attack, and says where it is worth it.
    ///
    /// ## How it is confirmed
    /// It is an observation: strangers get the document, and it names such operations that ask for sign-in.
    ///
    /// ## When it stays silent
    /// When the document came from a file or from another server, when strangers are refused it, and when all that it names
    /// is for users.
    ///
    /// ## References
    /// OWASP API9:2023, CWE-200
    DocumentExposed {
        id: "inventory/document-exposed",
        title: "The public document names operations that are not for the public",
        severity: Info,
        level: Passive,
        owasp: ["API9:2023"],
        cwe: [200],
        remedy: "keep-document-true",
        since: "0.2.0",
        plan: |cx, operation| match is_asked_beside(cx, operation) && cx.api.document.starts_with("http") {
            true => Need::Requests(1),
            false => Need::NotApplicable,
        },
        refused: true,
        read: check_exposed_document,
    }
}

async fn check_exposed_document(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let address =
        url::Url::parse(&cx.survey.api.document).map_err(|_| Silence::not_applicable("it came from a file"))?;
    let is_own = address.origin() == cx.probe.base_url().origin();
    ensure(is_own, || Silence::not_applicable("the document came from another server"))?;
    let served = cx.served_somewhere()?;
    let answer = cx.send(&Ask::get(AskCaller::Anonymous, address)).await?;
    ensure(has_paths(&answer), || defence_held(&answer, &served, "strangers do not get the document"))?;
    let inner = cx.survey.api.operations.iter().filter(|operation| is_internal(operation));
    let inner: Vec<String> = inner.map(|operation| operation.id.to_string()).collect();
    let names = (!inner.is_empty()).then(|| name_first(&inner, 3, |id| clean_name(id, 100)));
    let names = names.ok_or_else(|| defence_held(&answer, &served, "all that the document names is for users"));
    let mut rule = Rule::default();
    let names = rule.need("names-internal-operations", names, |names| format!("strangers read of {names}"))?;
    rule.show(Role::Attack, &answer);
    let claim = format!("the document is public and names {names}");
    rule.observed(Violation::of(surveyed, "document", "public document", claim))
}

fn has_paths(answer: &Answer) -> bool {
    let response = answer.response().filter(|response| response.is_success());
    response.is_some_and(|response| match &response.json {
        Some(json) => json.get("paths").is_some(),
        None => response.text.lines().any(|line| line.trim_end() == "paths:"),
    })
}

/// Returns true for operations behind a sign-in that a segment of their path or a tag calls internal or an administrator's.
fn is_internal(operation: &Operation) -> bool {
    let tells = |name: &str| role_word(name).is_some() || name.eq_ignore_ascii_case("internal");
    operation.requires_sign_in()
        && (operation.path.split('/').any(tells) || operation.tags.iter().any(|tag| tells(tag)))
}
