//! Signs of a model in its answers: headers of vendors and gateways, counts of tokens, and how it takes two plain
//! questions; and the names of models that an answer gives away.

use serde_json::Value;

use super::answer::{Channel, ChannelKind, ModelReading};
use super::overlap::{common_run, normal_text};
use super::text::is_refusal;

/// Headers that only models' servers and the gateways before them send.
const HEADERS: [&str; 13] = [
    "openai-",
    "anthropic-",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-limit-tokens",
    "x-litellm-",
    "x-gemini-",
    "cf-aig-",
    "helicone-",
    "x-vercel-ai-",
    "x-portkey-",
    "x-groq-",
    "x-amzn-bedrock-",
    "x-kong-llm-",
];

/// What a model counts and how it ends, by the names that vendors give it.
const COUNTED: [&str; 14] = [
    "completion_tokens",
    "prompt_tokens",
    "output_tokens",
    "input_tokens",
    "total_tokens",
    "completionTokens",
    "promptTokens",
    "outputTokens",
    "inputTokens",
    "candidatesTokenCount",
    "promptTokenCount",
    "eval_count",
    "finish_reason",
    "system_fingerprint",
];

/// A plain question and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct QuestionExchange<'a> {
    /// The question.
    pub asked: &'a str,
    /// Headers of the answer.
    pub headers: &'a [(String, String)],
    /// Its body, where that is one JSON value.
    pub json: Option<&'a Value>,
    /// The answer, read.
    pub reading: &'a ModelReading,
}

/// The second of the two plain questions; it asks for a word that stands in no other text.
pub fn word_question(word: &str) -> String {
    format!("Please write the word \"{word}\" twice, and nothing else.")
}

/// What shows that a model wrote two answers, the second to [`word_question`]; empty where too little does. A vendor's
/// header or count of tokens is enough, of anything else two signs are needed: a search finds other texts for other
/// words too.
pub fn signs_of_model(first: QuestionExchange<'_>, second: QuestionExchange<'_>, word: &str) -> Vec<&'static str> {
    let both = [first, second];
    let mut sure = Vec::new();

    if both.iter().any(|one| one.headers.iter().any(|(name, _)| is_a_models_header(name))) {
        sure.push("a header of its answer is a model server's");
    }
    if both.iter().any(|one| counts_tokens(one)) {
        sure.push("its answer counts tokens");
    }
    // A vendor's header on an answer without words shows a gateway, and no model that speaks.
    if !sure.is_empty() && !first.reading.is_empty() {
        return sure;
    }
    let (usual, other) = (words_of(first.reading), words_of(second.reading));

    // Whoever gives the question back, or says the same to everything, has read nothing.
    let parrots = both.iter().any(|one| repeats_question(one.asked, &words_of(one.reading)));

    if usual.trim().is_empty() || other.trim().is_empty() || parrots || normal_text(&usual) == normal_text(&other) {
        return Vec::new();
    }
    let mut signs = Vec::new();
    let mut add = |holds: bool, sign| {
        if holds {
            signs.push(sign)
        }
    };
    add(normal_text(&other).contains(word), "it does what a sentence asks for");
    add(is_prose(&usual), "it answers in sentences, and each question otherwise");
    add(first.reading.streamed && second.reading.streamed, "it answers in pieces");
    add(speaks_of_itself(&usual), "it speaks of itself");

    if signs.len() >= 2 { signs } else { Vec::new() }
}

/// What was said, or all texts of the answer where no name tells what that is.
fn words_of(reading: &ModelReading) -> String {
    let said = reading.said();
    if !said.trim().is_empty() {
        return said;
    }
    reading.first(ChannelKind::All).map(|all| all.text.clone()).unwrap_or_default()
}

fn is_a_models_header(name: &str) -> bool {
    HEADERS.iter().any(|known| name.starts_with(known))
}

fn counts_tokens(one: &QuestionExchange<'_>) -> bool {
    let last = |channel: &Channel| channel.path.rsplit('.').next().unwrap_or_default().to_owned();
    one.reading.channels.iter().any(|channel| COUNTED.contains(&last(channel).as_str()))
        || one.json.is_some_and(|json| has_count(json, 0))
}

fn has_count(json: &Value, depth: u8) -> bool {
    match json {
        Value::Object(fields) if depth < 4 => fields.iter().any(|(name, field)| {
            let counted = COUNTED.contains(&name.as_str()) && (field.is_u64() || field.is_string());
            counted || has_count(field, depth + 1)
        }),
        Value::Array(items) if depth < 4 => items.iter().take(8).any(|item| has_count(item, depth + 1)),
        _ => false,
    }
}

/// Whether half of a question stands in the answer.
fn repeats_question(asked: &str, said: &str) -> bool {
    common_run(asked, said, &[]).chars * 2 > normal_text(asked).chars().count()
}

fn is_prose(text: &str) -> bool {
    text.split_whitespace().count() >= 4
}

/// Asked what it can help with, whoever answers says `I` and what that does; a firm that is described says `we`.
fn speaks_of_itself(text: &str) -> bool {
    let said = format!(" {} ", normal_text(text));
    [" i ", " i'm ", " i'll "].iter().any(|word| said.contains(word)) || is_refusal(text)
}

/// What an answer tells of the model behind it: names of headers and fields, and the model's name where a field has it.
/// The names are the target's own text.
pub fn disclosed_names(headers: &[(String, String)], reading: &ModelReading) -> Vec<String> {
    // `x-vercel-ai-` names the protocol of a stream, and neither a model nor its vendor.
    let mut told: Vec<String> = headers
        .iter()
        .map(|(name, _)| name)
        .filter(|name| is_a_models_header(name) && !name.starts_with("x-vercel-ai-"))
        .map(|name| format!("header {name}"))
        .collect();
    for channel in reading.channels.iter().filter(|channel| channel.kind == ChannelKind::Metadata) {
        let name = channel.path.rsplit('.').next().unwrap_or_default();
        if matches!(name, "model" | "modelVersion" | "model_id" | "model_name" | "system_fingerprint") {
            told.push(format!("field {}", channel.path));
        }
    }

    told.sort();
    told.dedup();
    told
}
