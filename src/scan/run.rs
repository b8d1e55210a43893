//! Carries a scan out: survey, then every check on every operation, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::watch;

use super::before::open_sessions;
use super::collect::{self, Collected, SeenSoFar, tell_so_far};
use super::count::{Count, Stage, Ticked, Waves};
use super::plan::OperationFilter;
use super::settle::{Verdicts, settle_claims};
use super::so_far::{Board, SoFar};
use super::steps::Done;
use super::writing::{self, ActInput};
use super::{companions, convert, fatal, models, reach, rebuild, scarce, trust};
use crate::access::{AccessTable, Fact, PolicyQuestion, ResourcePolicy, derive_policies, open_questions};
use crate::act::{Acting, Maker};
use crate::checks::{ActCx, Check, CheckCx, Excluded, Need, ObservedAccess, Phase, PlanCx, Shared};
use crate::code::SourceWords;
use crate::detect::secrets::SecretRules;
use crate::llm::LlmSettings;
use crate::model::{Again, Api, CheckId, Effect, IntentMemory, Mode, Operation, OperationId, Silence, Step, Verdict};
use crate::probe::{Journal, Probe, SendError};
use crate::report::Report;
use crate::survey::{Survey, Surveyed, Surveyor, find_focus};

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
    pub selected: OperationFilter<'a>,
    /// Operations that are never asked.
    pub excluded: OperationFilter<'a>,
    /// Caller, parameter name, ids: what the user says of ownership.
    pub owns: Vec<(String, String, Vec<String>)>,
    /// The configuration file.
    pub config: Option<String>,
    /// What the user should know from the start.
    pub notes: Vec<String>,
    /// What it writes with; it reads alone without it.
    pub act: Option<ActInput>,
    /// What the user says of models behind the API.
    pub llm: LlmSettings,
    /// What secrets are looked for with.
    pub secrets: SecretRules,
    /// What people say of who is meant to reach what.
    pub intent: IntentMemory,
    /// What the source says of each handler.
    pub source: SourceWords,
    /// Where it tells what it found so far.
    pub so_far: Option<&'a watch::Sender<Arc<SoFar>>>,
}

/// Requests after which it is looked whether what the scan made is still there, before anything is written again.
const MOST_UNSEEN: u64 = 10;

/// A scan whose requests are through waits no longer for handlers that are still being read.
const SOURCE_PATIENCE: Duration = Duration::from_secs(3);

/// Everything that a scan came to.
#[derive(Debug)]
pub struct ScanOutcome {
    /// The report.
    pub report: Report,
    /// What was learnt before the checks.
    pub survey: Survey,
    /// What was there before anything was written; none where nothing was to be.
    pub before: Option<Arc<Survey>>,
    /// What each check said of each operation.
    pub verdicts: BTreeMap<(OperationId, CheckId), Verdict>,
    /// Who was seen to be able to do what.
    pub accesses: Vec<ObservedAccess>,
    /// All facts of who reached what.
    pub facts: Vec<Fact>,
    /// The target gave no answer to anything.
    pub is_silent: bool,
    /// The journal that names what stays, until that is stored.
    pub untold: Option<Arc<Journal>>,
}

impl ScanOutcome {
    /// Closes the journal of a scan whose report is stored.
    pub fn close_journal(&mut self) {
        if let Some(journal) = self.untold.take() {
            journal.close();
        }
    }
}

/// Runs a scan to its end, or to where it is stopped; there is a report in any case.
pub fn run<'a>(input: ScanInput<'a>, ticked: Ticked<'a>) -> BoxFuture<'a, ScanOutcome> {
    // Boxed, since the compiler loses the bounds of what the future borrows across a spawned task.
    Box::pin(carry_out(input, ticked))
}

async fn carry_out(input: ScanInput<'_>, ticked: Ticked<'_>) -> ScanOutcome {
    let started = std::time::Instant::now();
    let before = input.act.as_ref().and_then(|act| act.before.as_ref());
    let refused = before.map(|before| before.failed.as_slice()).unwrap_or_default();
    let failed = open_sessions(input.probe, refused, &|done, total| ticked(Stage::SigningIn, done, total, 0)).await;
    let acting = input.act.as_ref().map(|act| act.acting.as_slice()).unwrap_or_default();
    let facts = writing::account_facts(&input);
    writing::claim_callers(&input, &facts);

    before.iter().for_each(|before| writing::learn_owners(&input, &before.survey));
    let held = writing::find_held(&input, before);
    let maker = Maker::new(&input.api, input.probe, acting, (facts, held));
    let stopped = writing::make_objects(&input, &maker, ticked).await;
    let mut survey = survey_target(&input, &maker, ticked).await;

    if let Err(error) = stopped {
        survey.stopped_by.get_or_insert(error);
    }
    input.probe.begin_checks();
    let shared = Shared::new(input.secrets.clone());

    // What changes state is planned also where it will not be carried out: the report says why.
    let all_acting = input.act.is_none().then(|| crate::act::acting_operations(&input.api, input.excluded));
    let acting = all_acting.as_deref().unwrap_or(maker.acting);
    let table = AccessTable::new(&survey, &input.intent);
    let answers = writing::answers_to_writes(&input, &maker);
    table.facts().extend(answers.iter().flat_map(|seen| seen.facts(&survey)));
    let search = models::ModelSearch { acting, access: &table, maker: &maker, shared: &shared };
    let (llm, met) = models::find_models(&input, &search, ticked).await;
    let excluded = Excluded(input.excluded);
    let cx = CheckCx { survey: &survey, probe: input.probe, shared: &shared, llm: &llm, access: &table, excluded };
    let (mut verdicts, accesses) = check_and_tell(&input, &cx, acting, &maker, ticked).await;
    input.probe.last_look().await;
    companions::note_marked(&input, &survey).await;
    table.hear_source(&*input.source.within(SOURCE_PATIENCE).await);
    let SettledAccess { policy, questions, facts } = settle_access(&table, &mut verdicts);
    drop(table);
    let done = Done::new(&input, &survey, &maker);
    let Collected { findings, coverage, mut next_steps } = collect_findings(&input, &verdicts, &done);
    let seen = trust::SeenSetup { survey: &survey, failed: &failed, verdicts: &verdicts, done: &done };
    let trust = trust::judge_setup(&input, &seen, shared.model_answered());

    if trust.untrusted_because.is_some() && survey.operations.iter().all(|surveyed| surveyed.valid().next().is_none()) {
        // Nothing answered: advice on single operations would only hide the one thing to do.
        next_steps.clear();
    }
    let rebuild = rebuild::collect_rebuild(&input, &maker, &findings);
    let mut report = convert::build_report(
        &input,
        &survey,
        convert::ReportParts { findings, coverage, next_steps, policy, questions, trust, rebuild, started },
    );
    let seen = reach::SeenAccess { survey: &survey, facts: &facts, accesses: &accesses, selected: input.selected };
    report.reach = Some(reach::measure_reach(&input.api, &seen, &report.coverage));
    report.notes.extend(writing::making_notes(&input, &maker));
    report.notes.extend(models::user_notes(&input, &met));
    let before = before.map(|before| Arc::clone(&before.survey));
    let is_silent = !input.probe.has_answered();
    ScanOutcome { report, survey, before, verdicts, accesses, facts, is_silent, untold: None }
}

/// What the access model came to.
struct SettledAccess {
    policy: Vec<ResourcePolicy>,
    questions: Vec<PolicyQuestion>,
    facts: Vec<Fact>,
}

/// Settles all claims about access by what was seen of every route.
fn settle_access(table: &AccessTable<'_>, verdicts: &mut Verdicts) -> SettledAccess {
    let model = table.model();
    let judgement = settle_claims(&model, verdicts);
    SettledAccess {
        policy: derive_policies(&model, &judgement.claims, &judgement.settled),
        questions: open_questions(&judgement.claims, &judgement.settled),
        facts: model.facts().to_vec(),
    }
}

/// Learns baselines and objects, those that the scan made among them.
async fn survey_target(input: &ScanInput<'_>, maker: &Maker<'_>, ticked: Ticked<'_>) -> Survey {
    let surveyor = Surveyor {
        api: Arc::clone(&input.api),
        probe: input.probe,
        owns: input.owns.clone(),
        excluded: input.excluded,
        focus: find_focus(&input.api, &|operation| (input.selected)(operation)),
        created: maker.made().into_iter().map(|created| (created.id, created.object)).collect(),
        facts: maker.facts.clone(),
    };

    let waves = Waves::default();
    let tick = |done, total| {
        let (done, total) = waves.count(done, total);
        ticked(Stage::Survey, done, total, 0);
    };
    let survey = surveyor.run(&tick).await;
    writing::learn_owners(input, &survey);
    survey
}

/// Collects what the checks found, and that the target died where it did.
fn collect_findings(input: &ScanInput<'_>, verdicts: &Verdicts, done: &Done<'_>) -> Collected {
    let mut collected = collect::collect_verdicts(input, verdicts, done);
    if let Some((finding, row)) = input.probe.death().and_then(|death| fatal::death_finding(input, death)) {
        collected.add(finding, row);
    }
    collected
}

/// Checks with the operations they look at, in catalogue and document order.
fn planned_checks<'s>(
    input: &ScanInput<'_>,
    llm: &LlmSettings,
    survey: &'s Survey,
) -> Vec<(&'static dyn Check, &'s Surveyed)> {
    let plan_cx = PlanCx { api: &input.api, identities: input.probe.identities(), mode: input.mode, llm };
    let mut work: Vec<(&'static dyn Check, &Surveyed)> = Vec::new();

    for check in &input.checks {
        for surveyed in &survey.operations {
            let operation = &surveyed.operation;
            // A doubtful GET is no read to the plan; its row says why it was skipped all the same.
            let applies = check.plan(&plan_cx, operation) != Need::NotApplicable
                || (surveyed.skipped.is_some()
                    && !PlanCx::is_read(operation)
                    && would_apply(*check, &plan_cx, operation));
            if applies && (input.selected)(operation) {
                work.push((*check, surveyed));
            }
        }
    }

    work
}

/// Whether a passive check would look at a doubtful GET if it were known to read.
fn would_apply(check: &dyn Check, cx: &PlanCx<'_>, operation: &Operation) -> bool {
    let reading = Operation { effect: Effect::Reads, ..operation.clone() };
    check.meta().level == Mode::Passive && check.plan(cx, &reading) != Need::NotApplicable
}

/// Checks that write with the operations they look at, in the order of their phases.
fn planned_write_checks<'s>(
    input: &ScanInput<'_>,
    llm: &LlmSettings,
    acting: &'s [Acting],
) -> Vec<(&'static dyn Check, &'s Acting)> {
    // The plan of the highest mode is taken, so that checks beyond this one get a row with the mode they need.
    let plan_cx = PlanCx { api: &input.api, identities: input.probe.identities(), mode: Mode::Intrusive, llm };
    let mut acts: Vec<(&'static dyn Check, &Acting)> = Vec::new();

    for check in &input.checks {
        for acting in acting.iter().filter(|acting| (input.selected)(&acting.operation)) {
            if check.plan(&plan_cx, &acting.operation) != Need::NotApplicable {
                acts.push((*check, acting));
            }
        }
    }

    // The sort is stable: within a phase the order of the catalogue and of the document stays.
    acts.sort_by_key(|(check, _)| check.phase());
    acts
}

/// Runs all checks, and tells meanwhile what they found so far.
async fn check_and_tell(
    input: &ScanInput<'_>,
    cx: &CheckCx<'_>,
    acting: &[Acting],
    maker: &Maker<'_>,
    ticked: Ticked<'_>,
) -> (Verdicts, Vec<ObservedAccess>) {
    let board = Board::default();
    // Where nobody listens, verdicts need no second place.
    let told = input.so_far.map(|_| &board);
    tokio::select! {
        checked = check_all(input, cx, acting, maker, (ticked, told)) => checked,
        never = tell_so_far(SeenSoFar { input, cx, maker, board: &board }) => match never {},
    }
}

async fn check_all(
    input: &ScanInput<'_>,
    cx: &CheckCx<'_>,
    acting: &[Acting],
    maker: &Maker<'_>,
    (ticked, board): (Ticked<'_>, Option<&Board>),
) -> (Verdicts, Vec<ObservedAccess>) {
    let (now, later): (Vec<_>, Vec<_>) =
        planned_checks(input, cx.llm, cx.survey).into_iter().partition(|(check, _)| check.phase() == Phase::Reads);
    let acts = planned_write_checks(input, cx.llm, acting);
    let count = Count::new(now.len() + later.len() + acts.len(), ticked, board);
    let as_job = |(check, surveyed)| build_check_job(cx, input.mode, check, surveyed, &count);
    let rows = scarce::split_into_rows(now, cx.probe);
    let rows: Vec<_> = rows.into_iter().map(|row| scarce::one_by_one(row.into_iter().map(as_job).collect())).collect();
    let mut verdicts: Verdicts = stream::iter(rows).buffer_unordered(32).flat_map(stream::iter).collect().await;
    let none = crate::act::Accounts::default();
    let accounts = input.act.as_ref().map_or(&none, |act| &act.accounts);
    let act_cx = ActCx::new(cx, maker, accounts, input.mode);

    // One at a time, reads of late turns among them: each sees what the others wrote.
    let mut later: Vec<Late<'_>> = later.into_iter().map(|(check, surveyed)| Late::Read(check, surveyed)).collect();
    later.extend(acts.into_iter().map(|(check, acting)| Late::Act(check, acting)));
    later.sort_by_key(Late::phase);
    let mut looked = 0;

    for late in &later {
        if input.mode > Mode::Passive && late.check().meta().id.starts_with("llm/") {
            count.asks_models();
        }
        let (key, verdict) = match late {
            Late::Read(check, surveyed) => build_check_job(cx, input.mode, *check, surveyed, &count).await,
            Late::Act(check, acting) => {
                if input.probe.sent() > looked + MOST_UNSEEN {
                    writing::notices_reset(input).await;
                }
                let before = writing::count_writes(input);
                let mut verdict = run_write_check(input, &act_cx, *check, acting).await;
                if writing::count_writes(input) > before && writing::notices_reset(input).await {
                    // What was seen of rows that changed their owner in between shows nothing.
                    verdict = Verdict::Silent(Silence::undecided(writing::RESET));
                }
                if writing::count_writes(input) > before {
                    maker.try_removals().await;
                }
                looked = input.probe.sent();
                act_cx.keep_verdict(&acting.operation.id, check.meta().id, &verdict);
                count.step((acting.operation.id.clone(), CheckId::from(check.meta().id)), verdict)
            }
        };
        verdicts.insert(key, verdict);
    }
    if let Err(error) = act_cx.disarm_spares().await {
        tracing::debug!("spare accounts were not disarmed: {error}");
    }
    let mut accesses = writing::creation_accesses(maker);
    accesses.extend(act_cx.accesses());
    (verdicts, accesses)
}

/// What is looked at one by one.
enum Late<'a> {
    Read(&'static dyn Check, &'a Surveyed),
    Act(&'static dyn Check, &'a Acting),
}

impl Late<'_> {
    fn check(&self) -> &'static dyn Check {
        match self {
            Self::Read(check, _) | Self::Act(check, _) => *check,
        }
    }

    fn phase(&self) -> Phase {
        self.check().phase()
    }
}

/// One check on one operation that changes state, where the mode allows it.
async fn run_write_check(input: &ScanInput<'_>, cx: &ActCx<'_>, check: &'static dyn Check, acting: &Acting) -> Verdict {
    // What is never called comes before the mode, since a higher mode would not open it either.
    if let Some(because) = acting.left_alone.clone().filter(|_| check.meta().level > Mode::Passive) {
        return Verdict::Silent(Silence::not_tried(because));
    }
    if let Some(error) = cx.check.probe.halted() {
        return Verdict::Silent(error.into());
    }
    if let Some(because) = why_beyond_mode(check, input.mode) {
        // The next mode is offered, not the one after it.
        let next =
            matches!((input.mode, check.meta().level), (Mode::Passive, Mode::Active) | (Mode::Active, Mode::Intrusive));
        // With accounts of its own the scan leaves the user's alone.
        let help = Step::Scan(Again::with_accounts(Some(check.meta().level)));
        let silence = Silence::not_tried(because);
        return Verdict::Silent(if next { silence.with_help(help) } else { silence });
    }

    if input.act.is_none() && check.meta().level > Mode::Passive {
        return Verdict::Silent(Silence::not_tried("the scan could not keep a journal, so it wrote nothing"));
    }
    check.act(cx, acting).await
}

/// Why a check is beyond what the scan may do.
fn why_beyond_mode(check: &'static dyn Check, mode: Mode) -> Option<String> {
    let level = check.meta().level;
    (level > mode).then(|| format!("needs {} mode", level.as_str()))
}

/// One check on one operation, on its way to a verdict.
pub(super) type CheckJob<'a> = BoxFuture<'a, ((OperationId, CheckId), Verdict)>;

fn build_check_job<'a>(
    cx: &'a CheckCx<'a>,
    mode: Mode,
    check: &'static dyn Check,
    surveyed: &'a Surveyed,
    count: &'a Count<'a>,
) -> CheckJob<'a> {
    Box::pin(async move {
        // A read that refused everybody may be just what a check is about.
        let asked = check.looks_at_refused() && !surveyed.by.is_empty();
        let verdict = match (surveyed.skipped.as_ref().filter(|_| !asked), why_beyond_mode(check, mode)) {
            (Some(obstacle), _) => Verdict::Silent(Silence::NotTried(obstacle.clone())),
            (None, Some(because)) => Verdict::Silent(Silence::not_tried(because)),
            (None, None) => match cx.probe.halted() {
                // What was answered until then would take time to look at, too.
                Some(error @ SendError::Time(_)) => Verdict::Silent(error.into()),
                _ => check.run(cx, surveyed).await,
            },
        };

        count.step((surveyed.operation.id.clone(), CheckId::from(check.meta().id)), verdict)
    })
}
