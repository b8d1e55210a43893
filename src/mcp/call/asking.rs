//! Puts a question to the user, in the way of the client's version of the protocol.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
    InputRequests, InputRequiredResult, InputResponses, ProtocolVersion,
};
use rmcp::service::RequestContext;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::{Mode, clean_name};

/// How long a person may think.
const PATIENCE: Duration = Duration::from_secs(300);
/// The field of the form.
const CONFIRM: &str = "confirm";
/// The most things that a question lists.
const MAX_LISTED: usize = 12;

/// What the user has to agree to.
#[derive(Debug, Default)]
pub(super) struct OpenQuestion {
    /// What the call would use beyond the configuration at start.
    pub(super) places: Vec<String>,
    /// A mode that the user named nowhere.
    pub(super) mode: Option<Mode>,
    /// What would be scanned in it.
    pub(super) target: String,
    /// The configuration that the call names.
    pub(super) config: Option<String>,
}

impl OpenQuestion {
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty() && self.mode.is_none()
    }

    /// The question without its wording: whoever agrees to this agrees to nothing else.
    fn key(&self) -> String {
        format!("{:?} {:?}", self.places_key(), self.mode.map(|mode| self.mode_key(mode)))
    }

    pub(super) fn places_key(&self) -> String {
        self.places.join("\n")
    }

    pub(super) fn mode_key(&self, mode: Mode) -> String {
        format!("mode {} {:?} {:?}", mode.as_str(), self.target, self.config)
    }
}

/// What the user says.
pub(super) enum UserWord {
    Yes,
    /// The client has to ask, and to call again.
    Asked(Box<InputRequiredResult>),
    /// No, or nobody can be asked.
    No(String),
}

/// Asks, unless the client cannot; `abandoned` resolves when nobody waits for the call any more.
pub(super) async fn ask_user(
    context: &RequestContext<RoleServer>,
    abandoned: impl Future<Output = ()>,
    answers: &InputResponses,
    question: &OpenQuestion,
) -> UserWord {
    let capable = context.client_capabilities().and_then(|capabilities| capabilities.elicitation);

    // A client that names no mode has forms: the first version of the capability knew nothing else.
    if !capable.is_some_and(|modes| modes.form.is_some() || modes.url.is_none()) {
        return UserWord::No(refuse_unasked(question));
    }
    let Some(form) = build_form(word_question(question)) else {
        return UserWord::No("the question for the user could not be made".to_owned());
    };
    let is_modern = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);

    // From this version on a server asks by its answer: the client calls again and brings the user's word along.
    if is_modern {
        let key = answer_key(question);
        return match answers.get(&key).and_then(|answer| ElicitResult::deserialize(answer).ok()) {
            Some(answer) => judge_answer(&answer),
            None => UserWord::Asked(Box::new(to_be_asked(key, form))),
        };
    }

    tokio::select! {
        answer = context.peer.create_elicitation_with_timeout(form, Some(PATIENCE)) => match answer {
            Ok(answer) => judge_answer(&answer),
            // Silence is no consent: neither a timeout nor a failure may let a credential out.
            Err(_) => refusal_by_user(),
        },
        () = abandoned => UserWord::No("the call was cancelled before the user answered".to_owned()),
    }
}

/// The name that the answer to this question has. What was asked about may change while a person reads, and the answer
/// must not count for what it is then.
fn answer_key(question: &OpenQuestion) -> String {
    let digest = Sha256::digest(question.key().as_bytes());
    let digits: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{CONFIRM}-{digits}")
}

/// The question in words for a person.
fn word_question(question: &OpenQuestion) -> String {
    let mut words =
        vec!["The assistant wants Routewarden to do what you did not name when this server started.".to_owned()];
    if !question.places.is_empty() {
        let list = format_places(&question.places);
        words.push(format!("Use: {list}. Credentials will be sent with the scan's requests."));
    }
    if let Some(mode) = question.mode {
        let target = if question.target.is_empty() { "the configured API" } else { &question.target };
        words.push(format!("Scan {target} in mode {}: {}.", mode.as_str(), describe_mode(mode)));
    }
    words.push("Allow it?".to_owned());
    words.join(" ")
}

fn describe_mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Passive => "it signs in and reads",
        Mode::Active => "it makes accounts and objects of its own, writes to these alone, and removes them again",
        Mode::Intrusive => {
            "it makes accounts and objects of its own, writes to these alone, and removes them again; it also sends \
             unusual headers and methods, wrong passwords and one limited burst"
        }
    }
}

/// The refusal where nobody can be asked: it names what the user can do at the start.
fn refuse_unasked(question: &OpenQuestion) -> String {
    let mut words = Vec::new();
    if !question.places.is_empty() {
        words.push(format!(
            "This call would use what the user's own configuration did not name when the server started: {}. This \
             client cannot ask the user. The user can put it into routewarden.toml in the server's folder and start \
             the server again, or start it with `routewarden mcp --config FILE`; or call without it.",
            format_places(&question.places)
        ));
    }
    if let Some(mode) = question.mode {
        let mode = mode.as_str();
        words.push(format!(
            "Mode {mode} needs the user's word, and this client cannot ask for it. The user can start the server with \
             `routewarden mcp --max-mode {mode}`, or with mode = \"{mode}\" under [scan] in routewarden.toml; or call in \
             mode passive."
        ));
    }
    words.join("\n")
}

fn format_places(places: &[String]) -> String {
    let mut names: Vec<String> = places.iter().take(MAX_LISTED).map(|item| clean_name(item, 200)).collect();
    if places.len() > MAX_LISTED {
        names.push(format!("and {} more", places.len() - MAX_LISTED));
    }
    names.join("; ")
}

fn build_form(message: String) -> Option<ElicitRequestParams> {
    let about = |field: rmcp::model::BooleanSchema| field.description("Allow it for this scan");
    let requested_schema = ElicitationSchema::builder().required_bool_with(CONFIRM, about).build().ok()?;
    Some(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}

fn to_be_asked(key: String, form: ElicitRequestParams) -> InputRequiredResult {
    let mut requests = InputRequests::new();
    requests.insert(key, InputRequest::Elicitation(ElicitRequest::new(form)));
    InputRequiredResult::new(Some(requests), None)
}

/// Only a plain yes is one.
fn judge_answer(answer: &ElicitResult) -> UserWord {
    let confirmed = answer.content.as_ref().and_then(|content| content.get(CONFIRM)).and_then(Value::as_bool);
    if answer.action == ElicitationAction::Accept && confirmed == Some(true) {
        UserWord::Yes
    } else {
        refusal_by_user()
    }
}

fn refusal_by_user() -> UserWord {
    UserWord::No(
        "The user did not agree to it, and nothing was sent. Do not call again with it; call without it, or ask the user \
         what to do."
            .to_owned(),
    )
}
