//! Carries a scan out: survey, then every check on every operation, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;

use super::collect::{self, Collected};
use super::plan::Choice;
use super::{convert, trust};
use crate::checks::{Check, CheckCx, Need, PlanCx, Shared};
use crate::model::{Api, CheckId, Mode, OperationId, Verdict};
use crate::probe::{Probe, SignInError};
use crate::report::Report;
use crate::survey::{Survey, Surveyed, Surveyor};

/// What a scan needs to know.
pub struct ScanInput<'a> {
    /// Its id.
    pub id: String,
    /// When it started.
    pub started_at: jiff::Timestamp,
    /// The API.
    pub api: Arc<Api>,
    /// The way to it.
    pub probe: &'a Probe,
    /// How much it may do.
    pub mode: Mode,
    /// The chosen checks.
    pub checks: Vec<&'static dyn Check>,
    /// Operations that are to be checked; the survey asks others too, since they show ids.
    pub selected: Choice<'a>,
    /// Operations that are never asked.
    pub excluded: Choice<'a>,
    /// Caller, parameter name, ids: what the user says of ownership.
    pub owns: Vec<(String, String, Vec<String>)>,
    /// The configuration file.
    pub config: Option<String>,
    /// What the user should know from the start.
    pub notes: Vec<String>,
}

/// Where a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Opening sessions.
    SigningIn,
    /// Learning baselines and objects.
    Survey,
    /// Running checks.
    Checks,
}

/// Called at every step: stage, steps done, steps in all, findings so far.
pub type Ticked<'a> = &'a (dyn Fn(Stage, u64, u64, u64) + Sync);

/// Everything that a scan came to.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// What was learnt before the checks.
    pub survey: Survey,
    /// What each check said of each operation.
    pub verdicts: BTreeMap<(OperationId, CheckId), Verdict>,
}

/// Runs a scan to its end, or to where it is stopped; there is a report in any case.
pub fn run<'a>(input: ScanInput<'a>, ticked: Ticked<'a>) -> BoxFuture<'a, Outcome> {
    // Boxed, since the compiler loses the bounds of what the future borrows across a spawned task.
    Box::pin(carry_out(input, ticked))
}

async fn carry_out(input: ScanInput<'_>, ticked: Ticked<'_>) -> Outcome {
    let started = std::time::Instant::now();
    let failed = sign_in(&input, ticked).await;
    let surveyor = Surveyor {
        api: Arc::clone(&input.api),
        probe: input.probe,
        owns: input.owns.clone(),
        excluded: input.excluded,
    };
    let survey = surveyor.run(&|done, total| ticked(Stage::Survey, done, total, 0)).await;
    let verdicts = check_all(&input, &survey, ticked).await;
    let Collected { findings, coverage, mut next_steps } = collect::collect(&input, &survey, &verdicts);
    let trust = trust::judge(&input, &survey, &failed);
    if trust.untrusted_because.is_some() && survey.operations.iter().all(|surveyed| surveyed.valid().next().is_none()) {
        // Nothing answered: advice on single operations would only hide the one thing to do.
        next_steps.clear();
    }
    let report = convert::report(&input, &survey, convert::Parts { findings, coverage, next_steps, trust, started });
    Outcome { report, survey, verdicts }
}

async fn sign_in(input: &ScanInput<'_>, ticked: Ticked<'_>) -> Vec<SignInError> {
    let identities = input.probe.identities();
    let mut failed = Vec::new();
    for (index, identity) in identities.iter().enumerate() {
        ticked(Stage::SigningIn, index as u64, identities.len() as u64, 0);
        if let Err(error) = input.probe.sign_in(identity).await {
            failed.push(error);
        }
    }
    failed
}

/// Checks with the operations they look at, in catalogue and document order.
fn work<'s>(input: &ScanInput<'_>, survey: &'s Survey) -> Vec<(&'static dyn Check, &'s Surveyed)> {
    let plan_cx = PlanCx { api: &input.api, identities: input.probe.identities(), mode: input.mode };
    let mut work: Vec<(&'static dyn Check, &Surveyed)> = Vec::new();
    for check in &input.checks {
        for surveyed in &survey.operations {
            let operation = &surveyed.operation;
            // A doubtful GET is no read to the plan; its row says why it was skipped all the same.
            let applies = check.plan(&plan_cx, operation) != Need::NotApplicable
                || (surveyed.skipped.is_some() && !PlanCx::is_read(operation));
            if applies && (input.selected)(operation) {
                work.push((*check, surveyed));
            }
        }
    }
    work
}

async fn check_all(
    input: &ScanInput<'_>,
    survey: &Survey,
    ticked: Ticked<'_>,
) -> BTreeMap<(OperationId, CheckId), Verdict> {
    let shared = Shared::default();
    let cx = &CheckCx { survey, probe: input.probe, shared: &shared };
    let work = work(input, survey);
    let count = Count { total: work.len() as u64, done: AtomicU64::new(0), found: AtomicU64::new(0) };
    let jobs: Vec<Job<'_>> =
        work.into_iter().map(|(check, surveyed)| job(cx, check, surveyed, &count, ticked)).collect();
    stream::iter(jobs).buffer_unordered(32).collect().await
}

/// One check on one operation, on its way to a verdict.
type Job<'a> = BoxFuture<'a, ((OperationId, CheckId), Verdict)>;

/// How far the checks are.
struct Count {
    total: u64,
    done: AtomicU64,
    found: AtomicU64,
}

fn job<'a>(
    cx: &'a CheckCx<'a>,
    check: &'static dyn Check,
    surveyed: &'a Surveyed,
    count: &'a Count,
    ticked: Ticked<'a>,
) -> Job<'a> {
    Box::pin(async move {
        let verdict = match &surveyed.skipped {
            Some(reason) => Verdict::Skipped(reason.clone()),
            None => check.run(cx, surveyed).await,
        };
        if let Verdict::Broken(drafts) = &verdict {
            count.found.fetch_add(drafts.len() as u64, Ordering::Relaxed);
        }
        let done = count.done.fetch_add(1, Ordering::Relaxed) + 1;
        ticked(Stage::Checks, done, count.total, count.found.load(Ordering::Relaxed));
        ((surveyed.operation.id.clone(), CheckId::from(check.meta().id)), verdict)
    })
}
