//! Scans in the background: started, watched, stopped, stored.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::answers::{Progress, RecheckRow, ScanRequest};
use super::document::from_send;
use super::error::AppError;
use super::joining::join_words;
use super::prepare::{Prepared, prepare_scan};
use super::reading_alone::{add_findings, read_alone};
use super::recording::{FirstRecord, ScanRecord, ScanTold};
use super::state::{App, MAX_REMEMBERED};
use super::{active, finish, matrix, recheck};
use crate::detect::Redactor;
use crate::detect::secrets::SecretRules;
use crate::model::{Identity, Mode, ScanId};
use crate::probe::Probe;
use crate::report::{Report, SCHEMA_VERSION, ScanInfo, Score, Status, Tool, Withheld};
use crate::scan::{self, PlanInput, ScanInput, ScanOutcome, SoFar, Stage};

/// Time in which a target that died is waited for before what was written is undone.
const RETURN: Duration = Duration::from_secs(8);

/// A scan that was started and may still run.
#[derive(Debug, Clone)]
pub struct ScanHandle {
    /// Its id.
    pub id: ScanId,
    /// How far it is.
    pub progress: watch::Receiver<Progress>,
    /// Stops it; what was found until then is stored.
    pub cancel: CancellationToken,
    /// `None` while it runs.
    pub done: watch::Receiver<Option<Result<Arc<Finished>, AppError>>>,
}

/// What a scan came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// The report.
    pub report: Report,
    /// One row per finding that was to be checked again; empty for an ordinary scan.
    pub recheck: Vec<RecheckRow>,
}

impl ScanHandle {
    /// Waits for the end.
    ///
    /// # Errors
    /// What the scan failed with.
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the scan; `cancel` does.
    pub async fn finished(&mut self) -> Result<Arc<Finished>, AppError> {
        let seen = self.done.wait_for(Option::is_some).await;
        match seen.as_deref() {
            Ok(Some(result)) => result.clone(),
            _ => Err(AppError::Internal("the scan ended without a result".to_owned())),
        }
    }
}

impl App {
    /// Starts a scan, a dry run or a recheck in the background.
    ///
    /// # Errors
    /// [`AppError::Usage`] when request, configuration or document are wrong, [`AppError::Untrusted`] when the document
    /// could not be fetched: nothing was started.
    pub async fn start(&self, request: ScanRequest) -> Result<ScanHandle, AppError> {
        if !request.dry_run {
            // The searches are built while the document loads, so that the first answer does not wait for them.
            tokio::task::spawn_blocking(crate::detect::build_searches);
        }
        let wanted = recheck::load_findings(self, &request).await?;
        let request = recheck::narrow_request(request, &wanted);
        let prepared = prepare_scan(self, &request).await?;
        let id = ScanId(format!("{:032x}", rand::random::<u128>()));
        let (progress, watched) = watch::channel(Progress { phase: "starting", ..Progress::default() });
        let (done, ended) = watch::channel(None);
        let cancel = CancellationToken::new();
        let handle = ScanHandle { id: id.clone(), progress: watched, cancel: cancel.clone(), done: ended };
        self.remember(&handle);
        let (app, told) = (self.clone(), ScanTold::new(progress));
        let work = async move {
            let result = if request.dry_run {
                Ok(Finished { report: build_plan_report(&id, &prepared), recheck: Vec::new() })
            } else if prepared.alone.is_some() {
                let record = app.begin_record(&id, &prepared, (&told, wanted.recheck_of()));
                read_alone(&app, &id, &prepared, (&wanted, record)).await
            } else {
                app.carry_out(&id, prepared, &wanted, (&told, cancel)).await
            };
            // Nobody may be listening any more; the report is stored.
            let _ = done.send(Some(result.map(Arc::new)));
        };

        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(work);
        Ok(handle)
    }

    /// The handle of a scan that runs, or ran in this process.
    pub fn running(&self, id: &ScanId) -> Option<ScanHandle> {
        self.shared.scans.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, handle: &ScanHandle) {
        let mut scans = self.shared.scans.lock().unwrap_or_else(PoisonError::into_inner);
        if scans.len() >= MAX_REMEMBERED {
            // A scan that runs must stay within reach of its caller, who may want to stop it.
            scans.retain(|_, handle| handle.done.borrow().is_none());
        }
        scans.insert(handle.id.clone(), handle.clone());
        let mut tasks = self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // A server lives for days: tasks that ended would pile up in the set.
        while tasks.try_join_next().is_some() {}
    }

    /// Begins to keep a scan in the history.
    pub(super) fn begin_record(
        &self,
        id: &ScanId,
        prepared: &Prepared,
        (told, recheck_of): (&ScanTold, Option<String>),
    ) -> ScanRecord {
        let redactor = self.shared.redactor.clone();
        let mut report = build_first_report(id, prepared, &redactor);
        report.scan.recheck_of = recheck_of;
        let app = self.clone();
        let store = Box::pin(async move { app.store().await.cloned() });
        ScanRecord::begin(FirstRecord { report, marks: prepared.marks(), redactor, store }, told)
    }

    /// Carries a scan out, and keeps it in the history from its start.
    async fn carry_out(
        &self,
        id: &ScanId,
        prepared: Prepared,
        wanted: &recheck::WantedFinding,
        (told, cancel): (&ScanTold, CancellationToken),
    ) -> Result<Finished, AppError> {
        let record = self.begin_record(id, &prepared, (told, wanted.recheck_of()));
        let mut outcome = match self.look(id, &prepared, told, cancel).await {
            Ok(outcome) => outcome,
            Err(error) => {
                record.forget().await;
                return Err(error);
            }
        };
        outcome.report.scan.source = prepared.source();

        if wanted.is_empty() {
            let mut ownership = matrix::build_ownership(&prepared, &outcome);
            join_words(&prepared.words, &mut ownership).await;
            outcome.report.ownership = Some(ownership);

            // Of an API that never answered, only the source can say something.
            if outcome.is_silent && outcome.report.scan.status == Status::Untrusted {
                add_findings(self, &prepared, &mut outcome.report).await;
            }
        } else {
            recheck::mark_report(wanted, &mut outcome.report);
        }
        let running = record.stop().await;
        finish::complete_report(self, &prepared, &mut outcome.report).await?;
        // Let go only now: before, another process would take the scan for one that ended with its process.
        drop(running);
        outcome.close_journal();
        // A row asks which findings are new, which the history decided a moment ago.
        let recheck = recheck::build_rows(wanted, &outcome, prepared.code.as_deref());

        Ok(Finished { report: outcome.report, recheck })
    }

    /// One scan over the engine, without its end in the history.
    pub(super) async fn look(
        &self,
        id: &ScanId,
        prepared: &Prepared,
        told: &ScanTold,
        cancel: CancellationToken,
    ) -> Result<ScanOutcome, AppError> {
        self.open_history_early();
        let mut probe = self.probe(prepared, cancel)?;
        let mut outcome = self.look_with(id, prepared, &mut probe, told).await?;
        // Undoing may take long, and whatever happens to it, what was found stands.
        told.so_far.send_replace(Arc::new(SoFar::of_report(&outcome.report)));
        told.progress.send_modify(|known| known.phase = "undoing");
        self.undo_and_look(id, prepared, &probe, &mut outcome).await?;

        Ok(outcome)
    }

    /// Undoes what a scan wrote, and looks whether what was fine before it still is. A target that died is waited for: it may
    /// be started again by what watches over it, and nothing but the scan's own is touched then.
    async fn undo_and_look(
        &self,
        id: &ScanId,
        prepared: &Prepared,
        probe: &Probe,
        outcome: &mut ScanOutcome,
    ) -> Result<(), AppError> {
        let written = probe.journal().map_or(0, |journal| journal.len());
        if probe.death().is_some() && written > 0 {
            // A dead target stops all requests; one is let through to see whether it is back.
            probe.begin_cleaning(1);
            probe.await_return(RETURN).await;
        }
        outcome.untold = self.undo_own(id, probe, &mut outcome.report).await?;
        scan::name_hidden(&prepared.api, &mut outcome.report);
        scan::name_companions(probe, outcome).await;
        scan::name_tenants(probe, outcome).await;
        scan::name_unlisted_keys(probe, &prepared.api, outcome, &|operation| prepared.is_excluded(operation)).await;
        // Asked once everything is undone: what still differs from the first look is harm.
        scan::after_check(probe, outcome, written).await;
        scan::name_beside(probe, outcome);
        scan::name_sessions(probe, outcome);

        Ok(())
    }

    pub(super) fn probe(&self, prepared: &Prepared, cancel: CancellationToken) -> Result<Probe, AppError> {
        let base_url = prepared.base_url.clone().ok_or_else(|| AppError::Usage("no base URL".to_owned()))?;
        let identities = prepared.identities.clone();
        let redactor = self.shared.redactor.clone();
        let probe = Probe::new(prepared.scope.clone(), base_url, identities, prepared.limits, redactor);

        probe.map(|probe| probe.with_cancel(cancel)).map_err(from_send)
    }

    /// One scan over the engine; what it wrote is still there, for whoever wants to look: [`scan::undo`] ends that.
    pub(super) async fn look_with(
        &self,
        id: &ScanId,
        prepared: &Prepared,
        probe: &mut Probe,
        ScanTold { progress, so_far }: &ScanTold,
    ) -> Result<ScanOutcome, AppError> {
        let mut notes = prepared.notes.clone();
        // What an earlier scan left would look like data of the target's own users.
        notes.extend(self.recover_before(prepared, probe).await);
        progress.send_modify(|known| known.phase = "signing in");
        probe.name_operations(&prepared.api);
        let act = self.act_input(id, prepared, probe).await?;
        let probe = &*probe;
        let input = ScanInput {
            id: id.0.clone(),
            started_at: jiff::Timestamp::now(),
            api: Arc::clone(&prepared.api),
            probe,
            mode: prepared.mode,
            checks: prepared.checks.clone(),
            selected: &|operation| prepared.is_selected(operation),
            excluded: &|operation| prepared.is_excluded(operation),
            owns: prepared.owns(),
            config: prepared.config.as_ref().map(|path| path.display().to_string()),
            notes,
            act,
            llm: prepared.llm.clone(),
            // Without a place for the key there are findings all the same, only without fingerprints.
            secrets: SecretRules { key: self.journal_key().ok(), user: Arc::clone(&prepared.secret_rules) },
            intent: prepared.intent.clone(),
            source: prepared.words.clone(),
            so_far: Some(so_far),
        };

        let ticked = |stage, done, total, findings| send_progress(progress, probe, stage, (done, total, findings));
        Ok(scan::run(input, &ticked).await)
    }
}

/// Steps are hundredths of the whole, so that they never fall while the number of requests to come is still unknown.
fn send_progress(
    progress: &watch::Sender<Progress>,
    probe: &Probe,
    stage: Stage,
    (done, total, findings): (u64, u64, u64),
) {
    let share = |from: u64, to: u64| from + (to - from) * done.min(total) / total.max(1);
    let (phase, at) = match stage {
        Stage::SigningIn => ("signing in", share(0, 5)),
        Stage::Making => ("making objects", share(5, 15)),
        Stage::Survey => ("survey", share(15, 45)),
        Stage::Checks => ("checks", share(45, 100)),
        Stage::Models => ("waiting for a model", share(45, 100)),
    };

    progress.send_modify(|known| {
        known.phase = phase;
        known.done = known.done.max(at);
        known.total = 100;
        known.requests = probe.sent();
        known.findings = known.findings.max(findings);
    });
}

/// What the scan may write as each identity, for plans: where it may write at all.
fn describe_consents(prepared: &Prepared) -> Option<String> {
    let said = |identity: &Identity| format!("{} ({})", identity.name, identity.consent.in_words());
    let all: Vec<String> = prepared.identities.iter().map(said).collect();
    (prepared.mode >= Mode::Active && !all.is_empty()).then(|| format!("what is written as whom: {}", all.join("; ")))
}

/// The report of a scan that has found nothing yet.
pub(super) fn build_first_report(id: &ScanId, prepared: &Prepared, redactor: &Redactor) -> Report {
    let mut report = build_plan_report(id, prepared);
    report.plan.clear();
    report.scan.status = Status::Running;
    report.scan.document = crate::model::clean_text(&redactor.url(&prepared.api.document), 500);
    report.score.withheld = Some(Withheld::NoTrust);
    report.score.withheld_because = Some("the scan still runs".to_owned());
    report.notes.push(
        "not judged to the end: what callers are meant to reach may settle otherwise by all that is seen".to_owned(),
    );
    report
}

/// The report of a dry run.
pub(super) fn build_plan_report(id: &ScanId, prepared: &Prepared) -> Report {
    // A scan that signs accounts up acts as them too, so that the plan counts what is sent as them.
    let identities: Vec<Identity> =
        prepared.identities.iter().cloned().chain(active::planned_accounts(prepared)).collect();
    let plan = scan::plan_operations(&PlanInput {
        api: &prepared.api,
        identities: &identities,
        mode: prepared.mode,
        checks: &prepared.checks,
        selected: &|operation| prepared.is_selected(operation),
        excluded: &|operation| prepared.is_excluded(operation),
        llm: &prepared.llm,
    });

    let base_url = prepared.base_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "routewarden".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        scan: ScanInfo {
            id: id.0.clone(),
            started_at: jiff::Timestamp::now().to_string(),
            duration_ms: 0,
            mode: prepared.mode,
            base_url: base_url.unwrap_or_default(),
            document: crate::model::clean_text(&prepared.api.document, 500),
            config: prepared.config.as_ref().map(|path| path.display().to_string()),
            source: prepared.source(),
            recheck_of: None,
            identities: Vec::new(),
            requests: 0,
            status: Status::Planned,
            untrusted_because: None,
            untrusted_step: None,
        },
        policy: Vec::new(),
        questions: Vec::new(),
        harm: Vec::new(),
        ownership: None,
        score: Score {
            value: None,
            grade: None,
            coverage: 0.0,
            withheld: Some(Withheld::DryRun),
            withheld_because: Some("a dry run: nothing was sent".to_owned()),
        },
        findings: Vec::new(),
        coverage: Vec::new(),
        reach: None,
        document_issues: scan::report_issues(&prepared.api.issues),
        writes: Vec::new(),
        plan,
        next_steps: Vec::new(),
        rebuild: None,
        notes: prepared.notes.iter().cloned().chain(describe_consents(prepared)).collect(),
    }
}
