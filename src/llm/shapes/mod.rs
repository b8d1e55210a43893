//! The wire formats: how each is asked, and where each keeps what the model says. One file a format.
//!
//! Field tables were taken from the vendors' clients: openai 3, anthropic 2, ollama 0.6, google-genai 3, langserve 0.3,
//! ai 6, gradio-client 2, and the documentation of Amazon Bedrock and of text-generation-inference.

mod ai_sdk_data;
mod ai_sdk_ui;
mod anthropic;
mod bedrock;
mod gemini;
mod generic;
mod gradio;
mod langserve;
mod leaf;
mod ollama;
mod openai_chat;
mod openai_responses;
mod reading;
mod tgi;

pub use super::frames::{MAX_EVENTS, MAX_READ_BYTES};
pub(super) use generic::PROMPT_NAMES;
pub use reading::read_model_answer;

use serde_json::{Map, Value, json};

use super::prompt::Prompt;
use leaf::{LeafPlace, ShapeLeaf};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WireFormat {
    /// OpenAI chat completions, and the many servers that speak it.
    OpenAiChat,
    /// OpenAI responses.
    OpenAiResponses,
    /// Anthropic messages.
    Anthropic,
    /// Ollama `/api/chat`.
    OllamaChat,
    /// Ollama `/api/generate`.
    OllamaGenerate,
    /// Gemini `generateContent`.
    Gemini,
    /// Amazon Bedrock `converse`; not its binary stream.
    Bedrock,
    /// LangServe `/invoke`, `/stream`, `/stream_log`, `/stream_events`.
    LangServe,
    /// LangServe `/batch`.
    LangServeBatch,
    /// AI SDK 4 data stream: `{messages: [{role, content}]}` in, coded lines out.
    AiSdkData,
    /// AI SDK 5 and 6 UI message stream.
    AiSdkUi,
    /// Gradio 4 and later: a call and its event stream.
    Gradio,
    /// Hugging Face text-generation-inference.
    Tgi,
    /// Anything else: the one field of free text.
    Generic,
}

impl WireFormat {
    /// Every format.
    pub const ALL: [Self; 14] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::Anthropic,
        Self::OllamaChat,
        Self::OllamaGenerate,
        Self::Gemini,
        Self::Bedrock,
        Self::LangServe,
        Self::LangServeBatch,
        Self::AiSdkData,
        Self::AiSdkUi,
        Self::Gradio,
        Self::Tgi,
        Self::Generic,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "OpenAI chat completions",
            Self::OpenAiResponses => "OpenAI responses",
            Self::Anthropic => "Anthropic messages",
            Self::OllamaChat => "Ollama chat",
            Self::OllamaGenerate => "Ollama generate",
            Self::Gemini => "Gemini generateContent",
            Self::Bedrock => "Bedrock converse",
            Self::LangServe => "LangServe",
            Self::LangServeBatch => "LangServe batch",
            Self::AiSdkData => "AI SDK data stream",
            Self::AiSdkUi => "AI SDK UI stream",
            Self::Gradio => "Gradio call",
            Self::Tgi => "text-generation-inference",
            Self::Generic => "own format",
        }
    }

    /// The model's name where the document names none.
    fn usual_model(self) -> &'static str {
        match self {
            Self::Anthropic => "claude-3-5-haiku-latest",
            Self::OllamaChat | Self::OllamaGenerate => "llama3.2",
            _ => "gpt-4o-mini",
        }
    }

    /// Where a string of an answer belongs in this format; `None` where the format does not say.
    fn place(self, leaf: &ShapeLeaf<'_>) -> Option<LeafPlace> {
        match self {
            Self::OpenAiChat => openai_chat::classify_leaf(leaf),
            Self::OpenAiResponses => openai_responses::classify_leaf(leaf),
            Self::Anthropic => anthropic::classify_leaf(leaf),
            Self::OllamaChat | Self::OllamaGenerate => ollama::classify_leaf(leaf),
            Self::Gemini => gemini::classify_leaf(leaf),
            Self::Bedrock => bedrock::classify_leaf(leaf),
            Self::LangServe | Self::LangServeBatch => langserve::classify_leaf(leaf),
            Self::AiSdkData => ai_sdk_data::classify_leaf(leaf),
            Self::AiSdkUi => ai_sdk_ui::classify_leaf(leaf),
            Self::Gradio => gradio::classify_leaf(leaf),
            Self::Tgi => tgi::classify_leaf(leaf),
            Self::Generic => generic::classify_leaf(leaf),
        }
    }
}

/// A body that says a prompt in a format. `sample` is a body as the document describes it: what the format does not
/// know of is kept, and the model's name is taken from it where it is a real one. `field` is where the prompt goes in
/// [`WireFormat::Generic`], as a JSON pointer.
pub fn build_request_body(shape: WireFormat, prompt: &Prompt, sample: &Value, field: Option<&str>) -> Value {
    // Servers refuse the name of a model that they do not have, and a made-up one is never theirs.
    let model = sample.get("model").and_then(Value::as_str).filter(|model| !is_filler(model));
    let model = model.unwrap_or(shape.usual_model());
    let body = match shape {
        WireFormat::OpenAiChat => openai_chat::build_body(prompt, model, sample),
        WireFormat::OpenAiResponses => openai_responses::build_body(prompt, model, sample),
        WireFormat::Anthropic => anthropic::build_body(prompt, model),
        WireFormat::OllamaChat => ollama::build_chat_body(prompt, model),
        WireFormat::OllamaGenerate => ollama::build_generate_body(prompt, model),
        WireFormat::Gemini => gemini::build_body(prompt),
        WireFormat::Bedrock => bedrock::build_body(prompt),
        WireFormat::LangServe => langserve::build_body(prompt, sample),
        WireFormat::LangServeBatch => langserve::build_batch_body(prompt, sample),
        WireFormat::AiSdkData => ai_sdk_data::build_body(prompt),
        WireFormat::AiSdkUi => ai_sdk_ui::build_body(prompt),
        WireFormat::Gradio => return gradio::build_body(prompt, sample, field),
        WireFormat::Tgi => tgi::build_body(prompt),
        WireFormat::Generic => return generic::build_body(prompt, sample, field),
    };

    with_rest(body, sample)
}

/// Fields that the document's sample has and the format does not know.
fn with_rest(mut body: Value, sample: &Value) -> Value {
    if let (Some(body), Some(sample)) = (body.as_object_mut(), sample.as_object()) {
        for (name, value) in sample.iter().filter(|(name, _)| !is_tuning(name)) {
            if !body.contains_key(name) {
                body.insert(name.clone(), value.clone());
            }
        }
    }

    body
}

/// Settings of formats that a made-up value would break.
fn is_tuning(name: &str) -> bool {
    [
        "tools",
        "tool_choice",
        "functions",
        "function_call",
        "stop",
        "stop_sequences",
        "n",
        "temperature",
        "top_p",
        "top_k",
        "response_format",
        "logit_bias",
        "logprobs",
        "seed",
        "stream",
        "stream_options",
        "system",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "instructions",
        "format",
        "images",
    ]
    .contains(&name)
}

/// Whether a sample's value is made up rather than the document's own.
fn is_filler(text: &str) -> bool {
    text.is_empty() || matches!(text.to_ascii_lowercase().as_str(), "string" | "sample" | "text" | "model" | "example")
}

/// `[{"role": …, "content": …}]`
fn prompt_messages(prompt: &Prompt) -> Value {
    prompt.turns.iter().map(|turn| json!({"role": turn.role.as_str(), "content": turn.text})).collect()
}

/// The same without the system's turns, which some formats keep elsewhere.
fn messages_without_system(prompt: &Prompt) -> Value {
    prompt.spoken().map(|turn| json!({"role": turn.role.as_str(), "content": turn.text})).collect()
}

/// Adds a field where there is a value.
fn put_some(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(body), Some(value)) = (body.as_object_mut(), value) {
        body.insert(name.to_owned(), value.into());
    }
}

/// An object of one field.
fn single_field_object(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}
