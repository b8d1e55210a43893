//! Model providers. Source: the prefixes in their documentation and SDKs.

use crate::kit::draw::{ALNUM, HEX, LETTERS, LOWER_DIGITS, URL_SAFE};
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["api_key", "apiKey", "llm_api_key", "key", "token"];

pub fn kinds() -> Vec<Kind> {
    // What stands in the middle of every key of this vendor: "OpenAI" in base64.
    const MIDDLE: &str = concat!("T3Blb", "kFJ");
    vec![
        kind("openai-project", "OpenAI API key", NAMES, ANY, |d| {
            format!("sk-proj-{}{MIDDLE}{}", d.of(URL_SAFE, 74), d.of(URL_SAFE, 74))
        }),
        kind("openai-legacy", "OpenAI API key", NAMES, ANY, |d| {
            format!("sk-{}{MIDDLE}{}", d.of(ALNUM, 20), d.of(ALNUM, 20))
        }),
        kind("openai-service-account", "OpenAI service account key", NAMES, ANY, |d| {
            format!("sk-svcacct-{}{MIDDLE}{}", d.of(URL_SAFE, 74), d.of(URL_SAFE, 74))
        }),
        kind("anthropic-api", "Anthropic API key", NAMES, ANY, |d| format!("sk-ant-api03-{}AA", d.url_safe(93))),
        kind("anthropic-admin", "Anthropic admin key", NAMES, ANY, |d| format!("sk-ant-admin01-{}AA", d.url_safe(93))),
        kind("hugging-face", "Hugging Face token", NAMES, ANY, |d| format!("hf_{}", d.of(LETTERS, 34))),
        kind("replicate", "Replicate API token", NAMES, ANY, |d| format!("r8_{}", d.alnum(37))),
        kind("groq", "Groq API key", NAMES, ANY, |d| format!("gsk_{}", d.alnum(52))),
        kind("xai", "xAI API key", NAMES, ANY, |d| format!("xai-{}", d.alnum(80))),
        kind("perplexity", "Perplexity API key", NAMES, ANY, |d| format!("pplx-{}", d.alnum(48))),
        kind("openrouter", "OpenRouter API key", NAMES, ANY, |d| format!("sk-or-v1-{}", d.of(HEX, 64))),
        kind("langsmith", "LangSmith API key", NAMES, ANY, |d| format!("lsv2_pt_{}_{}", d.hex(32), d.hex(10))),
        kind("pinecone", "Pinecone API key", NAMES, ANY, |d| format!("pcsk_{}_{}", d.alnum(6), d.alnum(63))),
        kind("cohere", "Cohere API key", &["cohere_api_key", "CO_API_KEY", "cohereApiKey"], NAMED, |d| d.alnum(40)),
        kind("mistral", "Mistral API key", &["mistral_api_key", "MISTRAL_API_KEY"], NAMED, |d| d.alnum(32)),
        kind("elevenlabs", "ElevenLabs API key", &["xi-api-key", "elevenlabs_api_key"], NAMED, |d| {
            format!("sk_{}", d.hex(48))
        }),
        kind("deepseek", "DeepSeek API key", NAMES, ANY, |d| format!("sk-{}", d.of(LOWER_DIGITS, 32))),
    ]
}
