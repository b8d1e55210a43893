//! The gate before a call: what a model names lies below the server's folders, and what it would reach beyond the user's
//! own configuration the user agrees to, or it does not happen.

use std::time::Duration;

use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
    InputRequests, InputRequiredResult, InputResponses, ProtocolVersion,
};
use serde::Deserialize;
use serde_json::Value;

use super::ToolCall;
use super::refused::CallRefused;
use crate::app::NamedByModel;
use crate::model::clean_name;

/// How long a person may think.
const PATIENCE: Duration = Duration::from_secs(300);
/// The key of the question and of its answer.
const CONFIRM: &str = "confirm";
/// The most things that a question lists.
const MAX_LISTED: usize = 12;

/// What comes of asking.
pub(super) enum CallConsent {
    /// Nothing needs it, or the user gave it.
    Given,
    /// The client has to put this question to the user, and call again with the answer.
    Asked(Box<InputRequiredResult>),
    /// The user, or a rule, says no.
    Refused(String),
}

/// Lets a call through that names nothing beyond what the user named; else asks the user.
pub(super) async fn ask_if_needed(call: &ToolCall<'_>, answers: &InputResponses) -> CallConsent {
    let named = find_named_places(call);
    let beyond = match call.app().fence(&named, &call.shared.options.roots) {
        Ok(beyond) => beyond,
        Err(error) => return CallConsent::Refused(CallRefused::from(error).to_string()),
    };
    let key = beyond.join("\n");

    // A scan is waited for by repeated calls: the user is asked once for the same reach.
    if beyond.is_empty() || call.shared.calls().agreed.contains(&key) {
        return CallConsent::Given;
    }
    let consent = ask_user(call, answers, &beyond).await;

    if matches!(consent, CallConsent::Given) {
        call.shared.calls().agreed.insert(key);
    }
    consent
}

/// The arguments that name a file or an address, whichever tool has them.
fn find_named_places(call: &ToolCall<'_>) -> NamedByModel {
    let text = |key: &str| {
        let value = call.arguments.as_ref().and_then(|arguments| arguments.get(key));
        value.and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    NamedByModel { config: text("config"), target: text("target"), source: text("source") }
}

async fn ask_user(call: &ToolCall<'_>, answers: &InputResponses, beyond: &[String]) -> CallConsent {
    let list = format_places(beyond);
    let capable = call.context.client_capabilities().and_then(|capabilities| capabilities.elicitation);

    // A client that names no mode has forms: the first version of the capability knew nothing else.
    if !capable.is_some_and(|modes| modes.form.is_some() || modes.url.is_none()) {
        return CallConsent::Refused(format!(
            "This call would use what the user's own configuration does not name: {list}. This client cannot ask the \
             user. The user can put it into routewarden.toml in the server's folder, or start the server with \
             `routewarden mcp --config FILE`; or call without it."
        ));
    }

    let message = format!(
        "The assistant wants Routewarden to use what your configuration does not name: {list}. Credentials from there \
         will be sent with the scan's requests. Allow it?"
    );
    let Some(question) = build_question(message) else {
        return CallConsent::Refused("the question for the user could not be made".to_owned());
    };
    let is_modern = call.context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);

    // From this version on a server asks by its answer: the client calls again and brings the user's word along.
    if is_modern {
        return match answers.get(CONFIRM).and_then(|answer| ElicitResult::deserialize(answer).ok()) {
            Some(answer) => judge_answer(&answer),
            None => CallConsent::Asked(Box::new(to_be_asked(question))),
        };
    }

    tokio::select! {
        answer = call.context.peer.create_elicitation_with_timeout(question, Some(PATIENCE)) => match answer {
            Ok(answer) => judge_answer(&answer),
            // Silence is no consent: neither a timeout nor a failure may let a credential out.
            Err(_) => refusal_by_user(),
        },
        () = call.abandoned() => CallConsent::Refused("the call was cancelled before the user answered".to_owned()),
    }
}

fn format_places(beyond: &[String]) -> String {
    let mut names: Vec<String> = beyond.iter().take(MAX_LISTED).map(|item| clean_name(item, 200)).collect();
    if beyond.len() > MAX_LISTED {
        names.push(format!("and {} more", beyond.len() - MAX_LISTED));
    }
    names.join("; ")
}

fn build_question(message: String) -> Option<ElicitRequestParams> {
    let about = |field: rmcp::model::BooleanSchema| field.description("Use it for this scan");
    let requested_schema = ElicitationSchema::builder().required_bool_with(CONFIRM, about).build().ok()?;
    Some(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}

fn to_be_asked(question: ElicitRequestParams) -> InputRequiredResult {
    let mut requests = InputRequests::new();
    requests.insert(CONFIRM.to_owned(), InputRequest::Elicitation(ElicitRequest::new(question)));
    InputRequiredResult::new(Some(requests), None)
}

/// Only a plain yes is one.
fn judge_answer(answer: &ElicitResult) -> CallConsent {
    let confirmed = answer.content.as_ref().and_then(|content| content.get(CONFIRM)).and_then(Value::as_bool);
    if answer.action == ElicitationAction::Accept && confirmed == Some(true) {
        CallConsent::Given
    } else {
        refusal_by_user()
    }
}

fn refusal_by_user() -> CallConsent {
    CallConsent::Refused(
        "The user did not agree to use what their configuration does not name. Do not call again with it; call without \
         it, or ask the user what to do."
            .to_owned(),
    )
}
