//! Signs of a model in an answer: headers of vendors and gateways, and names of models that an answer gives away.

use super::answer::{Kind, Reading};

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

/// Whether an answer is a model's by its headers, or has a text of its own in a known format.
pub fn answers_like_a_model(headers: &[(String, String)], reading: &Reading) -> bool {
    headers.iter().any(|(name, _)| HEADERS.iter().any(|known| name.starts_with(known))) || !reading.is_empty()
}

/// What an answer tells of the model behind it: names of headers and fields, and the model's name where a field has it.
/// The names are the target's own text.
pub fn disclosed(headers: &[(String, String)], reading: &Reading) -> Vec<String> {
    let mut told: Vec<String> = headers
        .iter()
        .map(|(name, _)| name)
        .filter(|name| HEADERS.iter().any(|known| name.starts_with(known)) && !name.starts_with("x-vercel-ai-"))
        .map(|name| format!("header {name}"))
        .collect();
    for channel in reading.channels.iter().filter(|channel| channel.kind == Kind::Metadata) {
        let name = channel.path.rsplit('.').next().unwrap_or_default();
        if matches!(name, "model" | "modelVersion" | "model_id" | "model_name" | "system_fingerprint") {
            told.push(format!("field {}", channel.path));
        }
    }
    told.sort();
    told.dedup();
    told
}
