//! Whose words instructions may be: where an API lets its callers write them, reading them back is no leak.

use super::settings::LlmSettings;
use crate::model::{Api, JsonType, Method, Operation, SchemaId};
use crate::spec::declared_properties;

/// Fields by which callers write instructions; letters alone.
const WRITTEN: [&str; 14] = [
    "instructions",
    "system",
    "systemprompt",
    "systemmessage",
    "systeminstruction",
    "systeminstructions",
    "custominstructions",
    "developermessage",
    "preamble",
    "persona",
    "prompttemplate",
    "promptprefix",
    "preprompt",
    "assistantinstructions",
];
/// Parts of paths of resources whose very matter is prompts, examples of them, or whole conversations as data.
const ABOUT: [&str; 36] = [
    "prompt",
    "prompts",
    "template",
    "templates",
    "assistant",
    "assistants",
    "agent",
    "agents",
    "persona",
    "personas",
    "bot",
    "bots",
    "gpts",
    "character",
    "characters",
    "preset",
    "presets",
    "example",
    "examples",
    "docs",
    "doc",
    "documentation",
    "help",
    "openapi",
    "schema",
    "dataset",
    "datasets",
    "eval",
    "evals",
    "evaluations",
    "finetuning",
    "finetune",
    "i18n",
    "locales",
    "translations",
    "snippets",
];
/// Words that mean a model wherever they stand in a path.
const STRONG: [&str; 18] = [
    "chat",
    "chats",
    "completion",
    "completions",
    "llm",
    "llms",
    "gpt",
    "rag",
    "chatbot",
    "copilot",
    "genai",
    "ai",
    "assistant",
    "gradio",
    "invoke",
    "generate",
    "ask",
    "models",
];
/// Words that mean one where the API has one.
const WEAK: [&str; 24] = [
    "conversation",
    "conversations",
    "message",
    "messages",
    "thread",
    "threads",
    "history",
    "session",
    "sessions",
    "config",
    "configuration",
    "settings",
    "info",
    "props",
    "slots",
    "run",
    "runs",
    "trace",
    "traces",
    "debug",
    "memory",
    "transcript",
    "transcripts",
    "state",
];

/// Whether callers of this API can write what a model is told, by an operation other than `but`.
pub fn callers_author(api: &Api, but: Option<&Operation>) -> bool {
    let others = api.operations.iter().filter(|operation| but.is_none_or(|but| but.id != operation.id));
    let mut writing = others.filter(|operation| operation.method != Method::Get);
    writing.any(|operation| {
        let bodies = operation.body.iter().flat_map(|body| &body.content).filter_map(|content| content.schema);
        bodies.into_iter().any(|schema| takes_instructions(api, schema))
    })
}

fn takes_instructions(api: &Api, schema: SchemaId) -> bool {
    let named = |name: &String| WRITTEN.contains(&plain_name(name).as_str());
    declared_properties(api, schema).iter().any(named) || takes_system_turns(api, schema, 0)
}

/// Whether a list of turns takes one with the role of the system: a role without a list of its values takes any.
fn takes_system_turns(api: &Api, schema: SchemaId, depth: usize) -> bool {
    // Schemas may lead in a circle, which a fixed depth ends.
    let Some(found) = api.schemas.get(schema).filter(|_| depth < 6) else { return false };
    let turns = found.items.is_some_and(|items| {
        let role = find_property(api, items, "role", 0).and_then(|role| api.schemas.get(role));
        role.is_some_and(|role| {
            let any = role.enumeration.is_empty() && role.one_of.is_empty() && role.types.contains(&JsonType::String);
            any || role.enumeration.iter().any(|value| matches!(value.as_str(), Some("system" | "developer")))
        })
    });

    let inner = found.properties.iter().map(|(_, id)| *id).chain(found.all_of.iter().copied());
    turns || inner.chain(found.one_of.iter().copied()).any(|id| takes_system_turns(api, id, depth + 1))
}

fn find_property(api: &Api, schema: SchemaId, name: &str, depth: usize) -> Option<SchemaId> {
    let found = api.schemas.get(schema).filter(|_| depth < 6)?;
    let own = found.properties.iter().find(|(known, _)| known == name).map(|(_, id)| *id);
    own.or_else(|| found.all_of.iter().chain(&found.one_of).find_map(|id| find_property(api, *id, name, depth + 1)))
}

/// Whether prompts, or examples of them, are what an operation is about.
pub fn is_about_prompts(operation: &Operation) -> bool {
    path_words(&operation.path).iter().any(|step| ABOUT.contains(&step.as_str()))
}

/// Whether an operation that reads may show what a model is told: its path speaks of models, or of what APIs with a
/// model keep of it.
pub fn speaks_of_models(api: &Api, operation: &Operation, settings: &LlmSettings) -> bool {
    let own = path_words(&operation.path);
    let holds = |steps: &[String], words: &[&str]| steps.iter().any(|step| words.contains(&step.as_str()));

    if holds(&own, &STRONG) {
        return true;
    }
    // Where the user names a model, a weak word needs no strong one elsewhere in the API.
    let known = settings.system_prompt.is_some() || !settings.endpoints.is_empty();
    holds(&own, &WEAK) && (known || api.any_path_says(&STRONG))
}

/// The words of a path without its slots.
fn path_words(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.starts_with('{'));
    parts.flat_map(|part| part.split(|c: char| !c.is_alphanumeric())).map(str::to_ascii_lowercase).collect()
}

fn plain_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
