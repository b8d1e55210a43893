//! Runs the proofs of stored findings again: the same rule on the same operations, with fresh sessions and objects.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use url::Url;

use super::active::is_account;
use super::answers::{RecheckOutcome, RecheckRow, ScanRequest};
use super::error::AppError;
use super::guarded;
use super::state::{App, from_store};
use crate::code::CodeIndex;
use crate::model::{CheckId, Mode, Severity, Silence, Verdict};
use crate::report::{Finding, FindingStatus, OperationRef, Report, Withheld};
use crate::scan::ScanOutcome;
use crate::survey::{AnswerKind, read_refusal};
use crate::trial::ObservedAccess;

/// The findings to check again, with the scan that the first one is from.
#[derive(Debug, Default)]
pub(super) struct WantedFinding {
    findings: Vec<Finding>,
    scan: Option<String>,
    source: Option<PathBuf>,
    document: Option<String>,
    base_url: Option<String>,
    config: Option<PathBuf>,
    mode: Option<Mode>,
    /// The proof was made with throw-away accounts.
    auto_accounts: bool,
}

impl WantedFinding {
    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The scan that a recheck of these findings is about.
    pub(super) fn recheck_of(&self) -> Option<String> {
        (!self.is_empty()).then(|| self.scan.clone().unwrap_or_default())
    }

    pub(super) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter()
    }

    pub(super) fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    /// The configuration of the scan that the findings are from.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    /// Where that scan's requests went.
    pub(super) fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// How much that scan could do.
    pub(super) fn mode(&self) -> Option<Mode> {
        self.mode
    }
}

/// Loads the findings that a request names.
pub(super) async fn load_findings(app: &App, request: &ScanRequest) -> Result<WantedFinding, AppError> {
    let mut wanted = WantedFinding::default();
    for id in &request.recheck {
        let scan = request.recheck_scan.as_ref().map(crate::model::ScanId::as_str);
        let store = app.store().await?;
        let found = store.finding(id.as_str(), scan).await.map_err(from_store)?;
        let (scan, finding) = found.ok_or_else(|| super::explain::unknown_finding(id, scan))?;
        // One recheck has one target: that of the first finding.
        if wanted.findings.is_empty()
            && let Some(report) = store.report(&scan).await.map_err(from_store)?
        {
            // A recheck of what a recheck found belongs to the scan that both are about.
            wanted.scan = Some(report.scan.recheck_of.clone().unwrap_or(scan));
            wanted.source = report.scan.source.map(PathBuf::from);

            // A reading of the source alone has none.
            wanted.document = Some(report.scan.document).filter(|document| !document.is_empty());
            wanted.base_url = Some(report.scan.base_url).filter(|base_url| !base_url.is_empty());
            wanted.config = report.scan.config.map(PathBuf::from);
            wanted.mode = Some(report.scan.mode);
            wanted.auto_accounts = report.writes.iter().any(|write| {
                report.scan.identities.iter().any(|known| is_account(&known.name) && known.name == write.identity)
            });
        }

        wanted.findings.push(finding);
    }

    Ok(wanted)
}

/// A request that asks only for the findings' checks and operations, and goes where their scan went.
pub(super) fn narrow_request(mut request: ScanRequest, wanted: &WantedFinding) -> ScanRequest {
    if wanted.is_empty() {
        return request;
    }

    // A plan sends nothing, so it could confirm no repair.
    request.dry_run = false;

    if request.config.is_none() {
        request.config = wanted.config.clone().filter(|path| path.is_file());
    }
    if request.target.is_none() {
        request.target = wanted.document.as_deref().map(|document| relocate_document(document, wanted, &request));
    }
    // The proof was made at this address, whatever servers the document lists by now.
    if request.overrides.base_url.is_none() {
        request.overrides.base_url.clone_from(&wanted.base_url);
    }
    request.overrides.mode = request.overrides.mode.or(wanted.mode);
    request.overrides.auto_accounts = request.overrides.auto_accounts.or(Some(true).filter(|_| wanted.auto_accounts));

    if request.overrides.source.is_none() {
        // The history outlives folders: one that is gone must not end the recheck.
        request.overrides.source = wanted.source.clone().filter(|path| path.is_dir());
    }
    let operations = wanted.findings.iter().flat_map(affected_operations).map(|operation| operation.id().0);
    request.overrides.operations = operations.collect();
    let own = wanted.findings.iter().map(|finding| finding.check.clone());
    let revealed = wanted.findings.iter().flat_map(|finding| revealed_by(&finding.check));
    request.overrides.checks = own.chain(revealed.map(|check| (*check).to_owned())).collect();

    request
}

/// The document of a scan; one that the API itself served moves with the API to another base URL.
fn relocate_document(document: &str, wanted: &WantedFinding, request: &ScanRequest) -> String {
    let (Some(old), Some(new)) = (&wanted.base_url, &request.overrides.base_url) else { return document.to_owned() };
    let origin = |text: &str| Url::parse(text).ok().filter(|url| url.has_host());
    let (Some(mut url), Some(old), Some(new)) = (origin(document), origin(old), origin(new)) else {
        return document.to_owned();
    };
    if url.origin() != old.origin() {
        return document.to_owned();
    }
    let is_set = url.set_scheme(new.scheme()).is_ok()
        && url.set_host(new.host_str()).is_ok()
        && url.set_port(new.port()).is_ok();
    if is_set { url.to_string() } else { document.to_owned() }
}

/// The checks that a repair may make applicable on its operations, or that a careless repair breaks: a route that asks
/// for sign-in now may show one user's objects to another, and a guard that was replaced may have been the only one.
fn revealed_by(check: &str) -> &'static [&'static str] {
    if check == "authz/role-escalation" {
        // A role that the document does not name is tried among the fields that callers must not set.
        return &["authn/missing", "authn/missing-write", "authz", "property/mass-assignment"];
    }
    match check.split('/').next().unwrap_or_default() {
        "authn" | "authz" | "token" => &["authn/missing", "authn/missing-write", "authz"],
        "property" => &["authn/missing", "authn/missing-write"],
        // Nothing is asked for them.
        "source" => &[],
        _ => &["authn/missing"],
    }
}

/// Marks a report as one of a recheck: it says nothing of the API as a whole.
pub(super) fn mark_report(wanted: &WantedFinding, report: &mut Report) {
    report.scan.recheck_of = wanted.recheck_of();
    report.score.value = None;
    report.score.grade = None;
    report.score.withheld = Some(Withheld::Recheck);

    report.score.withheld_because = Some("a recheck looks at a few operations again, not at the API".to_owned());
}

fn affected_operations(finding: &Finding) -> impl Iterator<Item = &OperationRef> {
    std::iter::once(&finding.operation).chain(&finding.also)
}

/// What came of each finding.
pub(super) fn build_rows(wanted: &WantedFinding, outcome: &ScanOutcome, code: Option<&CodeIndex>) -> Vec<RecheckRow> {
    wanted.findings.iter().map(|finding| build_row(finding, outcome, code)).collect()
}

fn build_row(finding: &Finding, outcome: &ScanOutcome, code: Option<&CodeIndex>) -> RecheckRow {
    let (verdict, because) = match judge_finding(finding, outcome) {
        (RecheckOutcome::Inconclusive, because) => match guarded::by_role(finding, outcome, code) {
            Some(held) => (RecheckOutcome::Fixed, held),
            None => (RecheckOutcome::Inconclusive, guarded::what_decides(finding, because)),
        },
        judged => judged,
    };

    let (outcome, because) = match (verdict, new_weakness(finding, &outcome.report)) {
        // Where the attack still works, that is the news; a new weakness beside it is in the report.
        (RecheckOutcome::Fixed, Some(new)) => (RecheckOutcome::NewWeakness, new),
        _ => (verdict, because),
    };
    RecheckRow { finding_id: finding.id.clone(), outcome, because }
}

/// Returns what the operations of a finding show now that no scan had seen before, from medium on.
fn new_weakness(finding: &Finding, report: &Report) -> Option<String> {
    let is_new = |other: &&Finding| {
        other.status == FindingStatus::New
            && other.suppressed.is_none()
            && other.severity >= Severity::Medium
            && other.id != finding.id
            && affected_operations(other).any(|place| affected_operations(finding).any(|own| own == place))
    };

    let new: Vec<String> = report
        .findings
        .iter()
        .filter(is_new)
        .take(3)
        .map(|other| format!("{} ({}): {}", other.check, other.id, other.claim))
        .collect();
    (!new.is_empty()).then(|| format!("the attack is refused, and the route now shows {}", new.join("; ")))
}

fn judge_finding(finding: &Finding, outcome: &ScanOutcome) -> (RecheckOutcome, String) {
    if let Some(still) = outcome.report.findings.iter().find(|other| other.id == finding.id) {
        // Weaker grounds than before prove neither that the weakness stays nor that it is gone.
        return if still.confidence >= finding.confidence {
            (RecheckOutcome::StillVulnerable, still.claim.clone())
        } else {
            (RecheckOutcome::Inconclusive, format!("only {} now: {}", still.confidence.as_str(), still.claim))
        };
    }

    // A route that refuses all callers refuses the attack as well, which must not count as repaired.
    if let Some(because) = refused_owner(finding, outcome).or_else(|| shut_out_owner(finding, outcome)) {
        return (RecheckOutcome::Broken, because);
    }
    let mut reasons = BTreeSet::new();
    let mut untold = 0;

    for (place, operation) in affected_operations(finding).enumerate() {
        let key = (operation.id(), CheckId::from(finding.check.as_str()));
        // What another check reports instead is that check's to hold.
        let verdict = match outcome.verdicts.get(&key) {
            Some(Verdict::Silent(Silence::SeeOther { check, .. })) => {
                outcome.verdicts.get(&(operation.id(), CheckId::from(*check)))
            }
            verdict => verdict,
        };

        let unclear = match verdict {
            // Only a refused attack beside a served owner is a repair: what does not arise any more may be open to everyone.
            Some(Verdict::Silent(Silence::Held(proof))) => {
                reasons.insert(proof.because().to_owned());
                continue;
            }
            Some(Verdict::Broken(drafts)) => {
                let claim = drafts.first().map(|draft| draft.claim.clone()).unwrap_or_default();
                return (RecheckOutcome::StillVulnerable, claim);
            }
            Some(Verdict::Silent(silence)) => silence.because().to_owned(),
            None => format!("{} {} was not asked: is it still in the document?", operation.method, operation.path),
        };

        // The proof is of the first operation; of the others with its cause, some may be out of reach by now.
        if place == 0 {
            return (RecheckOutcome::Inconclusive, unclear);
        }
        untold += 1;
    }

    // Only now: a scan without trust may still show that a weakness persists, but never that it is gone.
    if let Some(because) = &outcome.report.scan.untrusted_because {
        return (RecheckOutcome::Inconclusive, because.clone());
    }
    let reasons: Vec<String> = reasons.into_iter().take(3).collect();
    let rest = if untold > 0 { format!(" ({untold} further routes could not be told)") } else { String::new() };
    (RecheckOutcome::Fixed, format!("the owner is served, and: {}{rest}", reasons.join("; ")))
}

/// The owner's own write, which went through before, has no effect any more. One with fields that no caller may set has
/// none by right: where another one has, the owner is served.
fn shut_out_owner(finding: &Finding, outcome: &ScanOutcome) -> Option<String> {
    if !matches!(finding.check.as_str(), "authz/bola-write" | "authz/bola-delete") {
        return None;
    }
    let id = finding.operation.id();
    let is_own = |access: &&ObservedAccess| access.operation == id && access.caller == access.owner;
    let mut all = outcome.accesses.iter().filter(is_own);

    if all.clone().any(|access| access.effect) {
        return None;
    }
    let own = all.next()?;
    Some(format!("{}: {}", own.caller, own.because))
}

/// The one who was rightly served before is refused too, on the operation that the proof is of. On others with the same
/// cause a refusal may be the repair of something else: a function that a user should never have been served.
fn refused_owner(finding: &Finding, outcome: &ScanOutcome) -> Option<String> {
    let owner = &finding.exchanges.iter().find(|exchange| exchange.role == crate::model::Role::Baseline)?.identity;
    let operation = &finding.operation;
    let surveyed = outcome.survey.operation(&operation.id())?;
    let baseline = surveyed.by.get(owner)?;

    // A target that fails or is overloaded refuses nobody.
    let reading = read_refusal(&baseline.first, &[], &surveyed.volatile, &baseline.masks);

    if baseline.valid(&surveyed.volatile) || matches!(reading, AnswerKind::NoData(_)) {
        return None;
    }
    let status = baseline.status_text();
    Some(format!("{owner}, who was served before, gets {status} from {} {}", operation.method, operation.path))
}
