//! Whether the set-up can be trusted: without that, silence means nothing.

use super::run::ScanInput;
use crate::model::Mode;
use crate::probe::{SendError, SignInError};
use crate::report::Status;
use crate::survey::Survey;

/// How the scan ended, and why nothing may be concluded where that is so.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) status: Status,
    pub(super) untrusted_because: Option<String>,
}

/// Judges the set-up: sign-ins, reachability, valid baselines, and that each identity is told from a stranger.
pub(super) fn judge(input: &ScanInput<'_>, survey: &Survey, failed: &[SignInError], model_answered: bool) -> Trust {
    if input.probe.is_cancelled() || survey.stopped_by == Some(SendError::Cancelled) {
        return Trust { status: Status::Interrupted, untrusted_because: None };
    }
    let because = unreachable(input, survey)
        .or_else(|| sign_in_failed(failed))
        .or_else(|| super::writing::no_account(input))
        // An API that is a model and nothing else has nothing to read: the model's answers are its baseline.
        .or_else(|| no_baseline(input, survey).filter(|_| !model_answered))
        .or_else(|| indistinct(survey).filter(|_| !model_answered))
        // What was not asked cannot have been refused.
        .or_else(|| input.probe.unfinished());
    match because {
        Some(because) => Trust { status: Status::Untrusted, untrusted_because: Some(because) },
        None => Trust { status: Status::Complete, untrusted_because: None },
    }
}

fn unreachable(input: &ScanInput<'_>, survey: &Survey) -> Option<String> {
    let mut asked = survey.operations.iter().flat_map(|surveyed| surveyed.by.values()).peekable();
    asked.peek()?;
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

fn no_baseline(input: &ScanInput<'_>, survey: &Survey) -> Option<String> {
    let any_valid = survey.operations.iter().any(|surveyed| surveyed.valid().next().is_some());
    if any_valid {
        return None;
    }
    if let Some(error) = &survey.stopped_by {
        return Some(error.to_string());
    }
    let answers = || survey.operations.iter().flat_map(|surveyed| surveyed.by.values());
    let served =
        |baseline: &crate::survey::Baseline| baseline.first.response().is_some_and(crate::probe::Response::is_success);
    Some(if answers().any(served) {
        let way = match input.mode {
            Mode::Passive => "scan with `--mode active`, which makes objects of its own, or put some data in",
            _ => "put some data in",
        };
        format!("the operations answered, and none of them with data, so there is nothing to compare: {way}")
    } else if answers().next().is_some() {
        "no operation answered with data: are the identities' tokens valid, and is the base URL right?".to_owned()
    } else if survey.operations.is_empty() {
        let way = if input.mode == Mode::Passive { ": `--mode active` asks the others" } else { "" };
        format!("the document has no operation that can be read, so there is nothing to compare{way}")
    } else {
        "no operation could be asked: no ids are known; name some under `owns` of an identity".to_owned()
    })
}

/// An identity whom no operation tells from a stranger may have a dead token; what it is refused then shows nothing.
fn indistinct(survey: &Survey) -> Option<String> {
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
