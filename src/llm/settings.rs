//! What the user says of models behind the API.

use crate::model::Secret;

/// Most prompts that a caller of the scan may add.
pub const MAX_PROMPTS: usize = 8;
/// Longest such prompt, in characters.
pub const MAX_PROMPT_CHARS: usize = 2_000;

/// One operation that a model stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `POST /chat`
    pub operation: String,
    /// JSON pointer to the prompt in the request.
    pub prompt: String,
    /// JSON pointer to the answer in the response.
    pub answer: String,
}

/// What the document does not tell about models behind the API.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Operations that face one for sure.
    pub endpoints: Vec<Endpoint>,
    /// The system prompt, where the user gave it.
    pub system_prompt: Option<Secret>,
    /// Most calls of models in one scan.
    pub max_calls: u64,
    /// Further prompts, at most [`MAX_PROMPTS`].
    pub prompts: Vec<String>,
}

impl Settings {
    /// Calls of models in one scan unless the user says otherwise.
    pub const USUAL_CALLS: u64 = 40;
    /// Nothing was said.
    pub const NONE: &'static Self =
        &Self { endpoints: Vec::new(), system_prompt: None, max_calls: Self::USUAL_CALLS, prompts: Vec::new() };
}
