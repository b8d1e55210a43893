//! Operations that may face a model though the document does not say so: what they answer to two plain questions tells.
//! Whoever asks by way of trial must not reach people, run anything, or write to what is there.

use std::collections::BTreeSet;

use super::recognise::{OperationFacts, recognise_operation, resolve_schema, split_into_words};
use super::settings::LlmSettings;
use crate::model::{Api, JsonType, Method, Mode, Operation, SchemaId};
use crate::spec::{is_act_word, may_be_act_word};

/// Whether a model may stand behind an operation of which the document does not say so: it takes one free text, nothing
/// shows that it keeps it, and it names no object that the text could be written to. Its answers must tell.
pub fn may_face(api: &Api, operation: &Operation, settings: &LlmSettings) -> bool {
    operation.method == Method::Post && recognise_operation(api, operation, settings).is_none() && {
        let facts = OperationFacts::of(api, operation);
        let asks = facts.ends(&["/ask", "/complete", "/summarize", "/summarise", "/generate"]);
        let speaks = asks || facts.words().1;
        // Where nothing speaks of talk, a field named `message` is no sign: it must be the only text.
        let listens = if speaks { facts.prompt_field().or_else(|| facts.only_text()) } else { facts.only_text() };
        listens.is_some_and(|prompt| facts.takes_little_else(&prompt))
            && !facts.names_objects()
            && !facts.reaches_out()
            && !facts.acts()
            && (asks || !facts.makes())
            && !facts.speaks_of_else()
            && !facts.only_computes()
    }
}

/// Whether a scan of this mode asks it by way of trial. Where nothing hints at a model, people may read what is asked, or it
/// may be kept.
pub fn is_tried(api: &Api, operation: &Operation, mode: Mode) -> bool {
    match mode {
        Mode::Passive => false,
        Mode::Active => is_hinted(api, operation),
        Mode::Intrusive => true,
    }
}

/// Whether something in the document hints at a model: a word of chats and models, a stream, a field of the question or
/// the answer that is named so.
fn is_hinted(api: &Api, operation: &Operation) -> bool {
    let facts = OperationFacts::of(api, operation);
    let asks =
        ["prompt", "question", "user_input", "userInput", "userMessage", "user_message", "utterance", "chatInput"];
    facts.words().0 > 0 || facts.may_stream() || facts.answers_like_a_model() || facts.has_any(&asks)
}

/// Words of operations that carry a text to people, run it, or keep it as what a model is told.
const REACHING: [&str; 40] = [
    "announce",
    "announcement",
    "announcements",
    "broadcast",
    "tweet",
    "toot",
    "notification",
    "notifications",
    "alert",
    "alerts",
    "ticket",
    "tickets",
    "incident",
    "incidents",
    "complaint",
    "complaints",
    "report",
    "reports",
    "abuse",
    "review",
    "reviews",
    "sms",
    "mail",
    "push",
    "wall",
    "status",
    "sql",
    "shell",
    "eval",
    "command",
    "commands",
    "console",
    "terminal",
    "script",
    "log",
    "logs",
    "event",
    "events",
    "payment",
    "instructions",
];

/// Last words of paths at which a text is kept.
const KEPT: [&str; 12] = [
    "message",
    "messages",
    "instruction",
    "prompt",
    "prompts",
    "ingest",
    "document",
    "documents",
    "memory",
    "memories",
    "training",
    "tip",
];

impl OperationFacts<'_> {
    /// Whether the request says which object it is about, in its path or by an id in its body; a conversation is none.
    fn names_objects(&self) -> bool {
        let is_id = |name: &String| {
            let words = split_into_words(name);
            let last = words.last().map(String::as_str).unwrap_or_default();
            let talk = ["session", "conversation", "thread", "chat", "request", "trace", "turn", "sid"];
            let is_talk = words.first().is_some_and(|first| talk.contains(&first.as_str()));
            (matches!(last, "id" | "ids" | "uuid" | "ref" | "slug" | "key") || last.ends_with("id") && last != "sid")
                && !is_talk
        };

        !self.operation.path_parameters().is_empty() || self.fields.iter().any(is_id)
    }

    /// Whether a text that goes in may come out at people, be run, or be what a model is told from then on: nobody is asked
    /// a question there by way of trial.
    fn reaches_out(&self) -> bool {
        let has = |text: &str, list: &[&str]| split_into_words(text).iter().any(|word| list.contains(&word.as_str()));
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let id = self.operation.operation_id.as_deref().unwrap_or_default();
        has(&self.path, &REACHING) || has(id, &REACHING) || has(last, &KEPT)
    }

    /// Whether its path or operation id says an act: what may be one or a thing counts where nothing speaks of a model.
    fn acts(&self) -> bool {
        let names_model = self.words().0 > 0;
        let says = |word: &String| {
            // Models generate and complete, so that these two are no acts.
            let asks = matches!(word.as_str(), "generate" | "complete");
            !asks && (is_act_word(word) || !names_model && may_be_act_word(word))
        };
        let said = [self.operation.path.as_str(), self.operation.operation_id.as_deref().unwrap_or_default()];

        // The method stands at the end of the ids that frameworks make.
        said.iter().flat_map(|text| split_into_words(text)).filter(|word| word != "post").any(|word| says(&word))
    }

    /// Whether nothing else must be sent that means something: a language, a conversation, a limit do not.
    fn takes_little_else(&self, prompt: &str) -> bool {
        const LIMITS: [&str; 8] = ["k", "n", "limit", "temperature", "max_tokens", "maxtokens", "stream", "top_p"];
        let little = |name: &String| {
            let last = split_into_words(name).last().cloned().unwrap_or_default();
            format!("/{name}") == prompt
                || is_a_name(name)
                || last == "id"
                || LIMITS.contains(&last.as_str())
                || LIMITS.contains(&name.to_ascii_lowercase().as_str())
        };

        self.required().iter().all(little)
    }

    /// Whether it adds to a collection: it answers 201, the same path lists, its path ends in a plural, or its name or
    /// summary begins with such a verb.
    fn makes(&self) -> bool {
        const MAKING: [&str; 20] = [
            "create", "creates", "add", "adds", "submit", "submits", "send", "sends", "post", "posts", "save", "saves",
            "store", "insert", "register", "upload", "update", "set", "leave", "write",
        ];
        let said = [self.operation.operation_id.as_deref().unwrap_or_default(), &self.operation.summary];
        if said
            .iter()
            .filter_map(|text| split_into_words(text).into_iter().next())
            .any(|verb| MAKING.contains(&verb.as_str()))
        {
            return true;
        }
        let last = split_into_words(self.path.rsplit('/').next().unwrap_or_default()).pop().unwrap_or_default();

        if last.len() > 3 && last.ends_with('s') && !last.ends_with("ss") && !last.ends_with("us") {
            return true;
        }
        self.operation.responses.iter().any(|response| response.status == "201") || self.api.reads(&self.operation.path)
    }

    /// The one field that takes prose, whatever its name: of those that must be sent, or else of all.
    pub(super) fn only_text(&self) -> Option<String> {
        let declared = self.text_fields();
        let mut required = declared.iter().filter(|(_, required)| *required);
        // Two required texts leave open which of them is the question.
        let (name, _) = match (required.next(), required.next()) {
            (Some(only), None) => only,
            (None, _) if declared.len() == 1 => declared.first()?,
            _ => return None,
        };
        Some(format!("/{}", name.replace('~', "~0").replace('/', "~1")))
    }

    /// The fields that must be sent.
    fn required(&self) -> BTreeSet<String> {
        match self.content {
            Some(content) => content.schema.map(|schema| required_fields(self.api, schema, 0)).unwrap_or_default(),
            None => self.operation.parameters.iter().filter(|it| it.required).map(|it| it.name.clone()).collect(),
        }
    }

    /// Fields that take prose, and whether they must be sent; those that name things are left out.
    fn text_fields(&self) -> Vec<(String, bool)> {
        let required = self.required();
        let names = self.fields.iter().filter(|name| {
            let declared = self.property(name).and_then(|id| resolve_schema(self.api, id));
            let text = declared.is_some_and(|schema| schema.types.contains(&JsonType::String));
            text && self.takes_prose(name) && !is_a_name(name)
        });
        names.map(|name| (name.clone(), required.contains(name))).collect()
    }
}

/// The fields that must be sent.
fn required_fields(api: &Api, schema: SchemaId, depth: usize) -> BTreeSet<String> {
    let Some(found) = api.schemas.get(schema).filter(|_| depth < 6) else { return BTreeSet::new() };
    let mut names: BTreeSet<String> = found.required.iter().cloned().collect();
    names.extend(found.all_of.iter().flat_map(|id| required_fields(api, *id, depth + 1)));
    names
}

/// Names of fields whose text is no prose: what names a thing, a person, a language.
fn is_a_name(name: &str) -> bool {
    const NAMES: [&str; 20] = [
        "id",
        "uuid",
        "key",
        "name",
        "title",
        "user",
        "username",
        "language",
        "lang",
        "locale",
        "model",
        "session",
        "sid",
        "conversation",
        "thread",
        "chat",
        "slug",
        "type",
        "url",
        "token",
    ];
    split_into_words(name).last().is_some_and(|last| NAMES.contains(&last.as_str()))
}
