//! What is said to a model, before a wire format is chosen.

/// Who says a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeakerRole {
    /// Sets the scene.
    System,
    /// The caller.
    User,
    /// The model, in a conversation that is told.
    Assistant,
}

impl SpeakerRole {
    /// The name that most formats give it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who says it.
    pub role: SpeakerRole,
    /// What is said.
    pub text: String,
}

/// A conversation that waits for the model's next turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Never empty; the last one is the caller's.
    pub turns: Vec<Turn>,
    /// Most tokens that the model is asked to answer with.
    pub max_tokens: u32,
    /// The answer is wanted in pieces.
    pub stream: bool,
}

impl Prompt {
    /// One question.
    pub fn one(text: impl Into<String>) -> Self {
        Self { turns: vec![Turn { role: SpeakerRole::User, text: text.into() }], max_tokens: 400, stream: false }
    }

    /// The conversation so far, and one more question of the caller's.
    pub fn then(mut self, answered: &str, text: impl Into<String>) -> Self {
        self.turns.push(Turn { role: SpeakerRole::Assistant, text: answered.to_owned() });
        self.turns.push(Turn { role: SpeakerRole::User, text: text.into() });
        self
    }

    /// The same, answered in pieces.
    pub fn streamed(mut self, stream: bool) -> Self {
        self.stream = stream;
        self
    }

    /// All turns as one text, for formats that take one: a lone question as it is.
    pub fn flat(&self) -> String {
        match self.turns.as_slice() {
            [only] => only.text.clone(),
            turns => {
                let line = |turn: &Turn| format!("{}: {}", turn.role.as_str(), turn.text);
                turns.iter().map(line).collect::<Vec<_>>().join("\n\n")
            }
        }
    }

    /// Turns other than the system's.
    pub fn spoken(&self) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(|turn| turn.role != SpeakerRole::System)
    }

    /// What the system's turns say.
    pub fn system(&self) -> Option<String> {
        let system: Vec<&str> =
            self.turns.iter().filter(|turn| turn.role == SpeakerRole::System).map(|turn| turn.text.as_str()).collect();
        (!system.is_empty()).then(|| system.join("\n"))
    }
}
