//! The gate before a call: what a model names lies below the server's folders, and what it would reach or do beyond the
//! user's word at start the user agrees to, or it does not happen.

use rmcp::model::{InputRequiredResult, InputResponses};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ToolCall;
use super::asking::{OpenQuestion, UserWord, ask_user};
use super::refused::CallRefused;
use crate::app::{FencedCall, NamedByModel};
use crate::model::{FindingId, Mode, ScanId};

/// What comes of asking.
pub(super) enum CallConsent {
    /// Nothing needs it, or the user gave it. With the mode that a scan of this call may have.
    Given(Option<Mode>),
    /// The client has to put this question to the user, and call again with the answer.
    Asked(Box<InputRequiredResult>),
    /// The user, or a rule, says no.
    Refused(String),
}

/// Lets a call through that needs nothing beyond the user's word at start; else asks the user.
pub(super) async fn ask_if_needed(call: &ToolCall<'_>, answers: &InputResponses) -> CallConsent {
    judge_call(call, answers).await.unwrap_or_else(|refused| CallConsent::Refused(refused.to_string()))
}

async fn judge_call(call: &ToolCall<'_>, answers: &InputResponses) -> Result<CallConsent, CallRefused> {
    let named = find_named_places(call);
    let rules = &call.shared.fence;
    named.mode.map_or(Ok(()), |mode| refuse_above(call, mode, false))?;
    // Nobody is asked about a call that is wrong anyway.
    call.arguments::<Value>()?;
    let fenced = call.app().fence(&named, rules).await?;
    let mode = limit_mode(call, &named, &fenced)?;
    let question = open_question(call, &named, &fenced, mode);
    if question.is_empty() {
        return Ok(CallConsent::Given(mode));
    }

    match ask_user(&call.context, call.abandoned(), answers, &question).await {
        UserWord::Yes => {}
        UserWord::Asked(request) => return Ok(CallConsent::Asked(request)),
        UserWord::No(because) => return Ok(CallConsent::Refused(because)),
    }
    // A person takes time to answer, and whoever can write the file that they were asked about has it too.
    if call.app().fence(&named, rules).await? != fenced {
        return Err(CallRefused::ChangedMeanwhile);
    }
    remember(call, &question);
    Ok(CallConsent::Given(mode))
}

/// The arguments that name a file or an address, whichever tool has them, and what of a scan depends on others.
fn find_named_places(call: &ToolCall<'_>) -> NamedByModel {
    let none = Map::new();
    let given = call.arguments.as_ref().unwrap_or(&none);
    let text = |key: &str| {
        let value = given.get(key).and_then(Value::as_str);
        value.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    let ids = given.get("recheck").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let recheck: Vec<FindingId> = ids.map(FindingId::from).collect();
    let is_scanner = matches!(call.name, "scan_api" | "check_route_ownership");
    let continues = text("scan_id").is_some() && recheck.is_empty();

    NamedByModel {
        config: text("config"),
        target: text("target"),
        source: text("source"),
        mode: given.get("mode").and_then(|mode| Mode::deserialize(mode).ok()),
        scans: is_scanner && !continues,
        recheck_scan: text("scan_id").map(ScanId),
        recheck,
    }
}

/// The mode of a call's scan, no higher than the server may go. The configuration's is lowered without a word, for it is
/// for the command line too; one that the call needs is not.
fn limit_mode(call: &ToolCall<'_>, named: &NamedByModel, fenced: &FencedCall) -> Result<Option<Mode>, CallRefused> {
    let Some(mode) = fenced.mode else { return Ok(None) };
    if named.mode.is_none() && !named.recheck.is_empty() {
        refuse_above(call, mode, true)?;
    }
    Ok(Some(mode.min(call.shared.most_mode())))
}

fn refuse_above(call: &ToolCall<'_>, mode: Mode, of_recheck: bool) -> Result<(), CallRefused> {
    let most = call.shared.most_mode();
    let granted = call.shared.options.granted.unwrap_or(Mode::Intrusive);
    if mode > granted {
        return Err(CallRefused::AboveToken(mode, granted));
    }
    if mode > most { Err(CallRefused::AboveMaximum { mode, most, of_recheck }) } else { Ok(()) }
}

/// What of this the user has not agreed to yet.
fn open_question(call: &ToolCall<'_>, named: &NamedByModel, fenced: &FencedCall, mode: Option<Mode>) -> OpenQuestion {
    let is_plan = call.arguments.as_ref().and_then(|given| given.get("dry_run")) == Some(&Value::Bool(true));
    // A plan sends nothing; a recheck never is one.
    let sends = !is_plan || !named.recheck.is_empty();
    let mut question = OpenQuestion {
        places: fenced.beyond.clone(),
        mode: mode.filter(|mode| sends && *mode > call.shared.agreed_mode()),
        target: fenced.aim.clone(),
        config: named.config.clone(),
    };
    let calls = call.shared.calls();

    // A scan is waited for by repeated calls, and repeated after a repair: the user is asked once for the same.
    if calls.agreed.contains(&question.places_key()) {
        question.places.clear();
    }
    question.mode = question.mode.filter(|mode| !calls.agreed.contains(&question.mode_key(*mode)));
    question
}

fn remember(call: &ToolCall<'_>, question: &OpenQuestion) {
    let mut calls = call.shared.calls();
    if !question.places.is_empty() {
        calls.agreed.insert(question.places_key());
    }
    // An intrusive scan is asked about each time. A question on ownership is not a new one when it is waited for.
    let lasts = |mode: &Mode| *mode < Mode::Intrusive || call.name != "scan_api";
    if let Some(mode) = question.mode.filter(lasts) {
        calls.agreed.insert(question.mode_key(mode));
    }
}
