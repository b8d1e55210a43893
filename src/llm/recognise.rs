//! Which operations a model stands behind, from the document and the configuration alone: points for signs, and a
//! threshold. Below it stand operations that may face one: what they answer to two plain questions tells.

use std::collections::BTreeSet;

use serde_json::Value;

use super::settings::LlmSettings;
use super::shapes::WireFormat;
use crate::model::{Api, BodyContent, JsonType, Method, Operation, Parameter, Place, Schema, SchemaId};
use crate::spec::declared_properties;

/// Points from which on an operation is taken to face a model.
const THRESHOLD: i32 = 4;
/// Shorter texts than this are names, codes and titles, not prompts.
const SHORTEST_PROMPT: u64 = 200;

/// What the document tells of an operation that faces a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facing {
    /// The wire format.
    pub shape: WireFormat,
    /// Points; the configuration counts as certain.
    pub score: i32,
    /// Why.
    pub signs: Vec<&'static str>,
    /// Where the prompt goes, as a JSON pointer, where it is known.
    pub prompt: Option<String>,
    /// Where the answer is, as a JSON pointer, where the user said so.
    pub answer: Option<String>,
    /// It answers in pieces alone.
    pub streams: bool,
    /// What is said goes into the query of the address: there is no body.
    pub by_query: bool,
}

/// Recognises one operation. Only a POST is spoken to, by its body, or by its query where it has none.
pub fn recognise_operation(api: &Api, operation: &Operation, settings: &LlmSettings) -> Option<Facing> {
    if operation.method != Method::Post {
        return None;
    }
    let mut facts = OperationFacts::of(api, operation);
    let configured = settings.endpoints.iter().find(|endpoint| endpoint.operation == operation.id.0);
    let shape = facts.shape();

    if let Some(endpoint) = configured {
        // The user names the fields; formats that wrap the body or the answer in their own way keep doing so.
        let inside = matches!(shape, WireFormat::LangServe | WireFormat::LangServeBatch | WireFormat::Gradio);
        return Some(Facing {
            shape: if inside { shape } else { WireFormat::Generic },
            score: THRESHOLD,
            signs: vec!["the configuration names it"],
            prompt: Some(endpoint.prompt.clone()),
            answer: Some(endpoint.answer.clone()),
            streams: facts.streams(),
            by_query: facts.is_by_query(),
        });
    }

    let (mut score, mut signs) = facts.score();
    let mut prompt = facts.prompt_field();

    if score < THRESHOLD && settings.met.contains(&operation.id) {
        score = THRESHOLD;
        signs.push("its answers are a model's");
        prompt = prompt.or_else(|| facts.only_text());
    }
    let (streams, by_query) = (facts.streams(), facts.is_by_query());
    (score >= THRESHOLD).then_some(Facing { shape, score, signs, prompt, answer: None, streams, by_query })
}

/// What is known of one operation.
pub(super) struct OperationFacts<'a> {
    pub(super) api: &'a Api,
    pub(super) operation: &'a Operation,
    pub(super) path: String,
    pub(super) content: Option<&'a BodyContent>,
    pub(super) fields: BTreeSet<String>,
    answers: BTreeSet<String>,
}

impl<'a> OperationFacts<'a> {
    pub(super) fn of(api: &'a Api, operation: &'a Operation) -> Self {
        let content = operation.body.as_ref().and_then(|body| {
            let of =
                |kinds: &[&str]| body.content.iter().find(|one| kinds.iter().any(|kind| one.media_type.contains(kind)));
            of(&["json", "*/*"]).or_else(|| of(&["form"]))
        });
        let mut fields = content.map(|content| body_field_names(api, content)).unwrap_or_default();

        if operation.body.is_none() {
            let queries = operation.parameters.iter().filter(|parameter| parameter.place == Place::Query);
            fields.extend(queries.map(|parameter| parameter.name.clone()));
        }
        let good = operation.responses.iter().filter(|response| response.status.starts_with('2'));
        let schemas = good.flat_map(|response| response.content.iter().filter_map(|(_, schema)| *schema));
        let answers = schemas.flat_map(|schema| declared_properties(api, schema)).collect();
        let path = operation.path.trim_end_matches('/').to_ascii_lowercase();

        Self { api, operation, path, content, fields, answers }
    }

    fn has(&self, name: &str) -> bool {
        self.fields.contains(name)
    }

    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    pub(super) fn ends(&self, ends: &[&str]) -> bool {
        ends.iter().any(|end| self.path.ends_with(end))
    }

    /// LangServe serves a chain at three or more paths side by side.
    fn is_langserve(&self) -> bool {
        let chain = |path: &str| {
            ["/invoke", "/batch", "/stream", "/stream_log", "/stream_events"]
                .iter()
                .find_map(|end| path.strip_suffix(end).map(str::to_owned))
        };
        let Some(base) = chain(&self.path) else { return false };
        let beside = |end: &str| {
            let path = format!("{base}{end}");
            self.api.operations.iter().any(|other| other.path.trim_end_matches('/').eq_ignore_ascii_case(&path))
        };
        beside("/invoke") && (beside("/stream") || beside("/batch"))
            || self.has_any(&["input", "inputs"]) && self.has_any(&["config", "kwargs"])
    }

    fn is_gradio(&self) -> bool {
        self.path.contains("/gradio_api/call/") || self.path.starts_with("/call/") && self.has("data")
    }

    fn shape(&self) -> WireFormat {
        let tuned = self.has_any(&["max_tokens", "max_new_tokens", "temperature", "top_p", "parameters"]);
        // What one vendor alone has comes first; `messages` and `input` are common to several.
        if self.path.contains("generatecontent") || self.has("contents") && self.has_message("contents", "parts") {
            WireFormat::Gemini
        } else if self.ends(&["/chat/completions"]) || self.ends(&["/completions"]) && self.has("messages") {
            WireFormat::OpenAiChat
        } else if self.ends(&["/responses"]) && (self.has("input") || self.fields.is_empty()) {
            WireFormat::OpenAiResponses
        } else if self.ends(&["/converse"]) {
            WireFormat::Bedrock
        } else if self.is_langserve() {
            if self.ends(&["/batch"]) { WireFormat::LangServeBatch } else { WireFormat::LangServe }
        } else if self.is_gradio() {
            WireFormat::Gradio
        } else if self.ends(&["/api/generate"]) && (self.has("prompt") || self.fields.is_empty()) {
            WireFormat::OllamaGenerate
        } else if self.ends(&["/api/chat"]) && self.has("model") && self.has("messages") {
            WireFormat::OllamaChat
        } else if self.has("inputs") && (tuned || self.ends(&["/generate", "/generate_stream", "/invocations"])) {
            WireFormat::Tgi
        } else if self.is_anthropic() {
            WireFormat::Anthropic
        } else if self.has("messages") {
            self.of_messages()
        } else if self.has("input") && self.has("model") && self.prompt_field().is_none_or(|field| field == "/input") {
            WireFormat::OpenAiResponses
        } else {
            WireFormat::Generic
        }
    }

    fn is_anthropic(&self) -> bool {
        let described = self.has("messages") && self.has_any(&["max_tokens", "system"]);
        self.ends(&["/messages"]) && described || self.ends(&["/v1/messages"]) && self.fields.is_empty()
    }

    fn of_messages(&self) -> WireFormat {
        if self.has_message("messages", "parts") {
            WireFormat::AiSdkUi
        } else if self.has("model") {
            WireFormat::OpenAiChat
        } else if self.answers_as(&["text/plain", "text/event-stream"]) || self.has_message("messages", "role") {
            WireFormat::AiSdkData
        } else {
            WireFormat::Generic
        }
    }

    /// Whether the items of a list field have a field of this name.
    fn has_message(&self, list: &str, field: &str) -> bool {
        let Some(schema) = self.property(list) else { return self.sample_has(list, field) };
        let items = resolve_schema(self.api, schema).and_then(|schema| schema.items);
        items.is_some_and(|items| declared_properties(self.api, items).contains(field)) || self.sample_has(list, field)
    }

    fn sample_has(&self, list: &str, field: &str) -> bool {
        let example = self.content.and_then(|content| content.example.as_ref());
        example.and_then(|example| example.get(list)?.get(0)?.get(field)).is_some()
    }

    /// The schema of a field, or of a parameter of the query where there is no body.
    pub(super) fn property(&self, name: &str) -> Option<SchemaId> {
        let Some(content) = self.content else {
            let named = |parameter: &&Parameter| parameter.place == Place::Query && parameter.name == name;
            return self.operation.parameters.iter().find(named)?.schema;
        };
        find_property(self.api, content.schema?, name, 0)
    }

    /// Whether what is said goes into the query.
    fn is_by_query(&self) -> bool {
        self.operation.body.is_none() && !self.fields.is_empty()
    }

    /// The one field of free text.
    pub(super) fn prompt_field(&self) -> Option<String> {
        let known = super::shapes::PROMPT_NAMES.iter().find(|name| self.has(name) && self.takes_prose(name));
        known.map(|name| format!("/{name}"))
    }

    pub(super) fn takes_prose(&self, name: &str) -> bool {
        let Some(schema) = self.property(name).and_then(|id| resolve_schema(self.api, id)) else { return true };
        let text = schema.types.is_empty() || schema.types.contains(&JsonType::String);
        let long = schema.max_length.is_none_or(|most| most >= SHORTEST_PROMPT);
        // An enumeration, a format or a pattern leaves no room for a sentence.
        text && long && schema.enumeration.is_empty() && schema.format.is_none() && schema.pattern.is_none()
    }

    fn answers_as(&self, kinds: &[&str]) -> bool {
        let good = self.operation.responses.iter().filter(|response| response.status.starts_with('2'));
        good.flat_map(|response| &response.content).any(|(kind, _)| kinds.contains(&kind.as_str()))
    }

    /// A stream is all that the document promises.
    fn streams(&self) -> bool {
        self.answers_as(&["text/event-stream", "application/x-ndjson"]) && !self.answers_as(&["application/json"])
    }

    /// Whether a stream is one of the ways in which it answers.
    pub(super) fn may_stream(&self) -> bool {
        self.answers_as(&["text/event-stream", "application/x-ndjson"]) || self.has("stream")
    }

    /// Whether a field of its answer has a name that models' answers have.
    pub(super) fn answers_like_a_model(&self) -> bool {
        const NAMES: [&str; 9] = [
            "choices",
            "completion",
            "answer",
            "reply",
            "response",
            "generated_text",
            "output_text",
            "finish_reason",
            "stop_reason",
        ];
        NAMES.iter().any(|name| self.answers.contains(*name))
    }

    fn score(&mut self) -> (i32, Vec<&'static str>) {
        let mut signs = Vec::new();
        let mut score = 0;
        let mut add = |points: i32, holds: bool, sign: &'static str| {
            if holds {
                score += points;
                signs.push(sign);
            }
        };

        let completes = self.ends(&["/completions"]) && self.has_any(&["prompt", "messages", "model"]);
        let sure = completes
            || self.ends(&[
                "/chat/completions",
                "/api/chat",
                "/api/generate",
                "/converse",
                "/generate_stream",
                "/v1/messages",
                "/v1/responses",
            ])
            || self.path.contains(":generatecontent")
            || self.path.contains(":streamgeneratecontent")
            || self.path.contains("/gradio_api/call/")
            || self.path.contains("/invoke") && self.is_langserve()
            || self.is_langserve();
        add(4, sure, "its path is that of a model's server");

        // Of these, many have nothing to do with models: `/messages` of a mailbox, `/responses` of a survey.
        let likely =
            !sure && self.ends(&["/messages", "/responses", "/invocations", "/generate", "/completions", "/chat"]);
        add(2, likely, "its path may be that of a model's server");
        let roles = self.has_message("messages", "role")
            && (self.has_message("messages", "content") || self.has_message("messages", "parts"));
        add(4, roles, "it takes messages with roles");
        let tuned = self.has_any(&["max_tokens", "max_completion_tokens", "temperature", "top_p", "max_new_tokens"]);
        let settings = self.has("contents") && self.has_message("contents", "parts")
            || self.has("input") && self.has("model") && !self.only_computes()
            || self.has_any(&["prompt", "inputs"]) && (tuned || self.has("parameters"));
        add(3, settings, "it takes a prompt and a model's settings");
        add(2, self.prompt_field().is_some(), "it takes a free text");
        add(2, self.answers_like_a_model(), "its answer is named like a model's");
        let streams = self.may_stream();
        add(2, streams, "it streams");
        let (words, strong) = self.words();
        add(words, words > 0, "its words speak of a model");
        add(-2, self.speaks_of_else(), "its words speak of something else");

        // A text in and a `response` out is any API's: something must speak of a model, and there must be a place to speak.
        let speaks = sure || roles || settings || streams || strong;
        let listens = self.prompt_field().is_some() || roles || settings || sure;
        if speaks && listens || self.is_asked() { (score, signs) } else { (0, Vec::new()) }
    }

    pub(super) fn speaks_of_else(&self) -> bool {
        let other =
            ["login", "webhook", "contact", "comment", "feedback", "upload", "signup", "register", "password", "email"];
        // A translation goes `to` a language.
        let sent = self.has("to") && !self.path.contains("translat");
        other.iter().any(|word| self.path.contains(word)) || sent || self.has_any(&["password", "email", "recipient"])
    }

    /// A model that answers with numbers, pictures or sound says nothing that could leak.
    pub(super) fn only_computes(&self) -> bool {
        let kinds = ["embed", "moderation", "image", "audio", "speech", "transcription", "rerank", "classif", "fine"];
        kinds.iter().any(|kind| self.path.contains(kind))
    }

    /// A question in and an answer out, by their very names.
    fn is_asked(&self) -> bool {
        let answers = ["answer", "reply", "completion"].iter().any(|name| self.answers.contains(*name));
        self.has_any(&["question", "prompt"]) && answers
    }

    /// Points for words of chats and models in path, operation id, tags and summary, and whether one of them means
    /// nothing else: in public documents `generate`, `ask` and their like mean anything.
    pub(super) fn words(&self) -> (i32, bool) {
        const STRONG: [&str; 8] = ["assistant", "copilot", "llm", "llms", "gpt", "rag", "chatbot", "genai"];
        const WEAK: [&str; 8] =
            ["chat", "ask", "agent", "completion", "completions", "summarize", "summarise", "generate"];
        let operation = self.operation;
        let places = [
            operation.path.as_str(),
            operation.operation_id.as_deref().unwrap_or_default(),
            &operation.tags.join(" "),
            &operation.summary,
        ];
        let said = places.map(split_into_words);
        let holds = |words: &Vec<String>, list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let count = |list: &[&str]| said.iter().filter(|words| holds(words, list)).count();
        let (strong, weak) = (count(&STRONG), count(&WEAK));

        // People chat with each other too: `/chats/{id}/messages`. What is called `/chat` takes part in one.
        let last = operation.path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let chats = split_into_words(last).iter().any(|word| word == "chat");
        let weak = if chats { weak } else { weak.min(1) };

        // At most two points, so that words alone never reach the threshold.
        (i32::try_from((strong + weak).min(2)).unwrap_or(2), strong > 0 || chats)
    }
}

fn body_field_names(api: &Api, content: &BodyContent) -> BTreeSet<String> {
    let mut names = content.schema.map(|schema| declared_properties(api, schema)).unwrap_or_default();
    names.extend(
        content.example.as_ref().and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys().cloned()),
    );
    names
}

/// `chatWithUs` and `chat_with-us` are three words each.
pub(super) fn split_into_words(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut lower = false;

    for character in text.chars().take(2_000) {
        if !character.is_alphanumeric() || lower && character.is_uppercase() {
            all.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(last) = all.last_mut()
        {
            last.extend(character.to_lowercase());
        }
        lower = character.is_lowercase();
    }

    all.retain(|word| !word.is_empty());
    all
}

fn find_property(api: &Api, schema: SchemaId, name: &str, depth: usize) -> Option<SchemaId> {
    let found = api.schemas.get(schema).filter(|_| depth < 6)?;
    let own = found.properties.iter().find(|(known, _)| known == name).map(|(_, id)| *id);
    own.or_else(|| found.all_of.iter().chain(&found.one_of).find_map(|id| find_property(api, *id, name, depth + 1)))
}

/// A schema behind its `allOf` and its first `oneOf` that says something.
pub(super) fn resolve_schema(api: &Api, schema: SchemaId) -> Option<&Schema> {
    let mut found = api.schemas.get(schema)?;
    for _ in 0..6 {
        if !found.types.is_empty() || !found.properties.is_empty() {
            break;
        }
        let says = |id: &&SchemaId| api.schemas.get(**id).is_some_and(|part| part.types != [JsonType::Null]);
        let Some(inner) = found.all_of.iter().chain(&found.one_of).find(says) else { break };
        found = api.schemas.get(*inner)?;
    }

    Some(found)
}
