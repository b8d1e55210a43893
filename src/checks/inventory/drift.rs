//! `inventory/drift`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, nothing_found};
use crate::model::{ANONYMOUS, Draft, Role, Security, Silence, clean_name};
use crate::probe::Response;
use crate::survey::{AnswerKind, Baseline, Surveyed};

check! {
    /// ## What it does
    /// Compares what an operation does with what the document says of it: whether sign-in is asked for, the status, the
    /// media type.
    ///
    /// ## Why it matters
    /// Clients, gateways and reviewers trust the document; where it is wrong, protection is assumed that is not there.
    ///
    /// ## How it is confirmed
    /// It is an observation: the document says one thing and the server does another.
    ///
    /// ## When it stays silent
    /// When they agree, and where the document says nothing.
    ///
    /// ## References
    /// OWASP API9:2023, CWE-1059
    Drift {
        id: "inventory/drift",
        title: "The document and the server disagree",
        severity: Info,
        level: Passive,
        owasp: ["API9:2023"],
        cwe: [1059],
        remedy: "keep-document-true",
        since: "0.1.0",
        plan: |_, operation| if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable },
        read: check_document_drift,
    }
}

async fn check_document_drift(_cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let baseline = surveyed.valid().next().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let response = baseline.first.response().ok_or_else(|| Silence::undecided("no valid answer"))?;
    let differences = [
        ("security", security_difference(surveyed, baseline)),
        ("status", status_difference(surveyed, response)),
        ("media-type", media_type(surveyed, response)),
    ];
    let drafts: Vec<Draft> = differences
        .into_iter()
        .filter_map(|(site, claim)| observe_difference(surveyed, baseline, site, claim))
        .collect();
    if drafts.is_empty() {
        return Err(nothing_found(&baseline.first, "security, status and type are as documented"));
    }
    Ok(drafts)
}

fn observe_difference(surveyed: &Surveyed, baseline: &Baseline, site: &str, claim: Option<String>) -> Option<Draft> {
    let mut rule = Rule::default();
    let claim = claim.ok_or_else(|| Silence::not_applicable("no difference"));
    let claim = rule.need("differs", claim, String::clone).ok()?;
    let shown =
        if site == "security" { surveyed.anonymous.as_ref().unwrap_or(&baseline.first) } else { &baseline.first };
    rule.show(Role::Attack, shown);
    Some(rule.observation(Violation {
        site: site.to_owned(),
        // What the document gets wrong in one way is one finding, with its routes.
        cause: format!("{site}: {claim}"),
        claim,
        severity: None,
        surveyed,
    }))
}

fn security_difference(surveyed: &Surveyed, baseline: &Baseline) -> Option<String> {
    let open = matches!(surveyed.anonymous_reading(), Some(AnswerKind::Data)) || baseline.caller == ANONYMOUS;
    if surveyed.operation.requires_sign_in() && open {
        return Some("the document asks for sign-in, and anonymous callers are served".to_owned());
    }
    let public = matches!(surveyed.operation.security, Security::Public);
    let refused = matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_)));
    (public && refused)
        .then(|| "the document says that the operation is public, and anonymous callers are refused".to_owned())
}

fn status_difference(surveyed: &Surveyed, response: &Response) -> Option<String> {
    let declared = &surveyed.operation.responses;
    let code = response.status.to_string();
    let class = format!("{}XX", response.status / 100);
    let known = declared
        .iter()
        .any(|spec| spec.status == code || spec.status == class || spec.status.eq_ignore_ascii_case("default"));
    let documented = declared.is_empty() || known;
    (!documented).then(|| format!("the valid answer has status {code}, which is not documented"))
}

fn media_type(surveyed: &Surveyed, response: &Response) -> Option<String> {
    let code = response.status.to_string();
    let declared = surveyed.operation.responses.iter().find(|spec| spec.status == code)?;
    let sent = response.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
    let documented = declared.content.is_empty() || declared.content_for(&sent).is_some();
    (!documented).then(|| format!("the answer is {}, which is not documented", clean_name(&sent, 60)))
}
