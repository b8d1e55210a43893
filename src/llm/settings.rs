//! What the user says of models behind the API.

use std::time::Duration;

use crate::model::{OperationId, Secret};

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
pub struct LlmSettings {
    /// Operations that face one for sure.
    pub endpoints: Vec<Endpoint>,
    /// The system prompt, where the user gave it.
    pub system_prompt: Option<Secret>,
    /// Most calls of models in one scan, shared evenly by the operations that face one; [`LlmSettings::USUAL_CALLS`] for
    /// each of them where nothing is said.
    pub max_calls: Option<u64>,
    /// For one call of a model, first byte to last; [`LlmSettings::USUAL_TIMEOUT`] where nothing is said.
    pub timeout: Option<Duration>,
    /// Further prompts, at most [`MAX_PROMPTS`].
    pub prompts: Vec<String>,
    /// Operations of which the document does not tell it, and whose answers showed in this scan that a model writes them.
    pub met: Vec<OperationId>,
}

impl LlmSettings {
    /// Calls of one operation unless the user says otherwise.
    pub const USUAL_CALLS: u64 = 60;
    /// For one call unless the user says otherwise: models take their time, also where every other answer is quick.
    pub const USUAL_TIMEOUT: Duration = Duration::from_secs(60);
    /// Nothing was said.
    pub const NONE: &'static Self = &Self {
        endpoints: Vec::new(),
        system_prompt: None,
        max_calls: None,
        timeout: None,
        prompts: Vec::new(),
        met: Vec::new(),
    };

    /// How long one call may take.
    pub fn patience(&self) -> Duration {
        self.timeout.unwrap_or(Self::USUAL_TIMEOUT)
    }

    /// Most calls of one operation, where so many face a model.
    pub fn calls_each(&self, operations: u64) -> u64 {
        // Rounded up, so that the share of no operation is empty.
        self.max_calls.map_or(Self::USUAL_CALLS, |all| all.div_ceil(operations.max(1)))
    }
}
