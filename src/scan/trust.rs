//! Whether the set-up can be trusted: without that, silence means nothing.

use super::run::ScanInput;
use super::settle::Verdicts;
use super::steps::Done;
use crate::model::{Again, Mode, Operation, Security, Silence, Step, Verdict};
use crate::probe::{SendError, SignInError};
use crate::report::Status;
use crate::survey::{AnswerKind, Survey};

/// Checks that compare what two callers of one rank get or do.
const TWO_CALLERS: [&str; 7] = [
    "authz/bola-read",
    "graphql/field-authorization",
    "authz/bola-list",
    "authz/bola-nested",
    "authz/bola-body",
    "authz/bola-write",
    "authz/bola-delete",
];

/// How the scan ended, and why nothing may be concluded where that is so.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) status: Status,
    pub(super) untrusted_because: Option<String>,
    pub(super) step: Option<Step>,
}

/// What the set-up is judged by.
#[derive(Clone, Copy)]
pub(super) struct SeenSetup<'a> {
    pub(super) survey: &'a Survey,
    pub(super) failed: &'a [SignInError],
    pub(super) verdicts: &'a Verdicts,
    pub(super) done: &'a Done<'a>,
}

/// A reason, and what to do about it where the reason does not say it.
type SetupFault = (String, Option<Step>);

/// Judges the set-up: sign-ins, reachability, valid baselines, that each identity is told from a stranger, and that there
/// are two callers where two are compared.
pub(super) fn judge_setup(input: &ScanInput<'_>, seen: &SeenSetup<'_>, model_answered: bool) -> Trust {
    let survey = seen.survey;
    // What ended the scan comes first: silence, refusals and lacking callers may all follow from it.
    if let Some(death) = input.probe.death() {
        let because = Some(super::fatal::describe_death(input.probe, death, "during the scan"));
        return Trust { status: Status::TargetDied, untrusted_because: because, step: None };
    }
    if let Some(because) = input.probe.ended() {
        return Trust { status: Status::Untrusted, untrusted_because: Some(because), step: None };
    }
    if input.probe.is_cancelled() || survey.stopped_by == Some(SendError::Cancelled) {
        return Trust { status: Status::Interrupted, untrusted_because: None, step: None };
    }
    let plain = |because: String| (because, None);
    let unreachable = why_unreachable(input, survey);

    // Of a target that never answered, a spent budget is no news.
    if let Some(because) = why_cut_short(input).filter(|_| unreachable.is_none()) {
        return Trust { status: Status::Budget, untrusted_because: Some(because), step: None };
    }
    let fault: Option<SetupFault> = unreachable
        .or_else(|| sign_in_failed(seen.failed))
        .map(plain)
        .or_else(|| super::writing::no_account(input).map(|because| (because, None)))
        // An API that is a model and nothing else has nothing to read: the model's answers are its baseline.
        .or_else(|| no_baseline(input, survey).filter(|_| !model_answered))
        .or_else(|| why_indistinct(survey).filter(|_| !model_answered).map(plain))
        // What was not asked cannot have been refused.
        .or_else(|| input.probe.unfinished().map(plain))
        .or_else(|| lacks_callers(input, seen));
    match fault {
        Some((because, step)) => Trust { status: Status::Untrusted, untrusted_because: Some(because), step },
        None => Trust { status: Status::Complete, untrusted_because: None, step: None },
    }
}

/// Why the scan ended before everything was asked: its time, or its requests.
fn why_cut_short(input: &ScanInput<'_>) -> Option<String> {
    let ended = if input.probe.ran_out_of_time() { input.probe.halted() } else { None };
    let ended = ended.map(|error| error.to_string());
    ended.or_else(|| input.probe.is_spent().then(|| input.probe.unfinished()).flatten())
}

/// Authorization was asked for, and two callers of one rank were not there to show it: sign-up or sign-in failed, or
/// fewer are configured.
fn lacks_callers(input: &ScanInput<'_>, seen: &SeenSetup<'_>) -> Option<SetupFault> {
    let peers = seen.done.peers();
    if peers >= 2 {
        return None;
    }
    let applies = |operation: &&Operation| {
        let mut asked =
            TWO_CALLERS.iter().filter_map(|check| seen.verdicts.get(&(operation.id.clone(), (*check).into())));
        is_guarded(input, seen.survey, operation)
            && asked.any(|verdict| !matches!(verdict, Verdict::Silent(Silence::NotApplicable(_) | Silence::Open(_))))
    };

    let first = input.api.operations.iter().find(applies)?;
    let there: Vec<&str> =
        seen.survey.people.all.iter().filter(|person| person.signed_in).map(|person| person.name.as_str()).collect();
    let who = match there.as_slice() {
        [] => "none is signed in".to_owned(),
        [one] => format!("{one} alone is signed in"),
        all => format!("{} differ in rank", all.join(" and ")),
    };
    let example = crate::model::clean_name(first.id.as_str(), 120);
    let why = seen.done.no_accounts().map(|fault| format!(": {fault}")).unwrap_or_default();
    Some((
        format!("who may reach what (such as {example}) shows with two signed-in callers of one rank, and {who}{why}"),
        Some(seen.done.two_callers()),
    ))
}

/// Whether the API means to know who asks: as the document says, and where it says nothing, as the user does by naming
/// identities or the API by refusing strangers.
fn is_guarded(input: &ScanInput<'_>, survey: &Survey, operation: &Operation) -> bool {
    let stranger = survey.operation(&operation.id).and_then(crate::survey::Surveyed::anonymous_reading);
    match (&operation.security, stranger) {
        (Security::Required(_), _) | (_, Some(AnswerKind::Refused(_))) => true,
        (Security::Public, _) | (_, Some(AnswerKind::Data)) => false,
        (Security::Optional(_) | Security::Unstated, _) => !input.probe.identities().is_empty(),
    }
}

fn why_unreachable(input: &ScanInput<'_>, survey: &Survey) -> Option<String> {
    let mut asked = survey.operations.iter().flat_map(|surveyed| surveyed.by.values()).peekable();
    // Where nothing could be asked, silence is no sign that the target is away.
    asked.peek()?;

    // Any answer, an error too, shows that something runs there.
    if asked.any(|baseline| baseline.first.response().is_some()) {
        return None;
    }
    let base = input.probe.base_url();
    Some(format!("{base} gave no answer to any request; is the API running there? If it is elsewhere, pass --base-url"))
}

fn sign_in_failed(failed: &[SignInError]) -> Option<String> {
    let texts: Vec<String> = failed.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

fn no_baseline(input: &ScanInput<'_>, survey: &Survey) -> Option<SetupFault> {
    let any_valid = survey.operations.iter().any(|surveyed| surveyed.valid().next().is_some());
    if any_valid {
        return None;
    }
    if let Some(error) = &survey.stopped_by {
        return Some((error.to_string(), None));
    }
    // A scan that may write makes data of its own.
    let active = (input.mode == Mode::Passive).then(|| Step::Scan(Again::in_mode(Mode::Active)));
    let answers = || survey.operations.iter().flat_map(|surveyed| surveyed.by.values());
    let served =
        |baseline: &crate::survey::Baseline| baseline.first.response().is_some_and(crate::probe::Response::is_success);
    Some(if answers().any(served) {
        let what =
            "the operations answered, and none of them with data, so there is nothing to compare: put some data in";
        (what.to_owned(), active)
    } else if answers().next().is_some() {
        let what = "no operation answered with data: are the identities' tokens valid, and is the base URL right?";
        (what.to_owned(), None)
    } else if survey.operations.is_empty() {
        ("the document has no operation that can be read, so there is nothing to compare".to_owned(), active)
    } else {
        ("no operation could be asked: no ids are known; name some under `owns` of an identity".to_owned(), None)
    })
}

/// An identity whom no operation tells from a stranger may have a dead token; what it is refused then shows nothing.
fn why_indistinct(survey: &Survey) -> Option<String> {
    let names: Vec<&str> =
        survey.people.all.iter().filter(|person| !person.signed_in).map(|person| person.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    Some(format!(
        "no operation served {} what it refuses to strangers: the credential may be wrong or expired, or nothing here asks for one",
        names.join(", ")
    ))
}
