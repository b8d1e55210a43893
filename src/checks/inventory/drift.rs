//! `inventory/drift`.

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::model::{ANONYMOUS, Draft, Operation, Role, Verdict, clean_name};
use crate::probe::Response;
use crate::survey::{Baseline, Reading, Surveyed};

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
    }
}

impl Check for Drift {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, _cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if PlanCx::is_read(operation) { Need::Requests(0) } else { Need::NotApplicable }
    }

    fn run<'a>(&'a self, _cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(surveyed) })
    }
}

fn run(surveyed: &Surveyed) -> Verdict {
    let Some(baseline) = surveyed.valid().next() else { return inconclusive("no valid answer", None) };
    let Some(response) = baseline.first.response() else { return inconclusive("no valid answer", None) };
    let drafts: Vec<Draft> =
        [security(surveyed, baseline), status(surveyed, baseline, response), media_type(surveyed, baseline, response)]
            .into_iter()
            .flatten()
            .collect();
    if drafts.is_empty() { held("security, status and type are as documented") } else { Verdict::Broken(drafts) }
}

fn observation(surveyed: &Surveyed, baseline: &Baseline, site: &str, claim: String) -> Draft {
    let mut proof = Proof::default();
    proof.clause("differs", true, claim.clone());
    let shown =
        if site == "security" { surveyed.anonymous.as_ref().unwrap_or(&baseline.first) } else { &baseline.first };
    proof.show(Role::Attack, shown);
    let mut draft = proof.draft(Finding {
        site: site.to_owned(),
        // What the document gets wrong in one way is one finding, with its routes.
        cause: format!("{site}: {claim}"),
        claim,
        severity: None,
        surveyed,
    });
    draft.observation = true;
    draft
}

fn security(surveyed: &Surveyed, baseline: &Baseline) -> Option<Draft> {
    let open = matches!(surveyed.anonymous_reading(), Some(Reading::Data)) || baseline.caller == ANONYMOUS;
    if surveyed.operation.requires_sign_in() && open {
        let claim = "the document asks for sign-in, and anonymous callers are served".to_owned();
        return Some(observation(surveyed, baseline, "security", claim));
    }
    let public = matches!(surveyed.operation.security, crate::model::Security::Public);
    if public && matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_))) {
        let claim = "the document says that the operation is public, and anonymous callers are refused".to_owned();
        return Some(observation(surveyed, baseline, "security", claim));
    }
    None
}

fn status(surveyed: &Surveyed, baseline: &Baseline, response: &Response) -> Option<Draft> {
    let declared = &surveyed.operation.responses;
    let code = response.status.to_string();
    let class = format!("{}XX", response.status / 100);
    let known = declared
        .iter()
        .any(|spec| spec.status == code || spec.status == class || spec.status.eq_ignore_ascii_case("default"));
    if declared.is_empty() || known {
        return None;
    }
    Some(observation(
        surveyed,
        baseline,
        "status",
        format!("the valid answer has status {code}, which is not documented"),
    ))
}

fn media_type(surveyed: &Surveyed, baseline: &Baseline, response: &Response) -> Option<Draft> {
    let code = response.status.to_string();
    let declared = surveyed.operation.responses.iter().find(|spec| spec.status == code)?;
    let sent = response.header("content-type")?.split(';').next()?.trim().to_ascii_lowercase();
    if declared.content.is_empty() || declared.content_for(&sent).is_some() {
        return None;
    }
    let claim = format!("the answer is {}, which is not documented", clean_name(&sent, 60));
    Some(observation(surveyed, baseline, "media-type", claim))
}
