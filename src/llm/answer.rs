//! What came out of a model's answer: one text per channel, each joined from all its pieces.

use std::collections::{BTreeSet, HashMap};

/// What a channel of an answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// What the model says to the user.
    Text,
    /// What it says to itself on the way.
    Reasoning,
    /// Arguments of a tool that it calls.
    ToolCall,
    /// What a tool answered, or a document that was found for it.
    ToolResult,
    /// A part of the request that comes back, or of what the server made of it: instructions, the assembled prompt.
    Echo,
    /// Anything else in the answer.
    Metadata,
    /// An error's own text.
    Error,
    /// A header of the answer.
    Header,
    /// All leaves in the order in which they came, for what is cut across channels.
    All,
}

impl ChannelKind {
    /// Whether the model itself has written it: what stands there was in its context.
    pub fn is_the_models(self) -> bool {
        matches!(self, Self::Text | Self::Reasoning | Self::ToolCall)
    }

    /// A word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::ToolCall => "tool call",
            Self::ToolResult => "tool result",
            Self::Echo => "echo",
            Self::Metadata => "metadata",
            Self::Error => "error",
            Self::Header => "header",
            Self::All => "whole answer",
        }
    }
}

/// One channel of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Where it stands: `choices[0].message.tool_calls[0].function.arguments`.
    pub path: String,
    /// What it carries.
    pub kind: ChannelKind,
    /// All its pieces, joined.
    pub text: String,
}

/// An answer, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelReading {
    /// Channels in the order in which they first came; never an empty one.
    pub channels: Vec<Channel>,
    /// Which cap cut the reading short, or that the model was cut short by its own limit.
    pub truncated: Option<&'static str>,
    /// It came in pieces.
    pub streamed: bool,
}

impl ModelReading {
    /// What the model said to the user, all such channels one below the other.
    pub fn said(&self) -> String {
        let texts = self.channels.iter().filter(|channel| channel.kind == ChannelKind::Text);
        texts.map(|channel| channel.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The first channel of this kind.
    pub fn first(&self, kind: ChannelKind) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.kind == kind)
    }

    /// The names of the tools that it shows.
    pub fn tools(&self) -> BTreeSet<String> {
        let names = self.channels.iter().filter(|channel| {
            let last = channel.path.rsplit(['.', ']']).next();
            matches!(channel.kind, ChannelKind::ToolCall | ChannelKind::ToolResult)
                && matches!(last, Some("name" | "toolName" | "tool" | "tool_name"))
        });
        names.map(|channel| channel.text.trim().to_owned()).filter(|name| name.len() <= 80).collect()
    }

    /// Whether the model said nothing at all: no text, no reasoning, no call of a tool.
    pub fn is_empty(&self) -> bool {
        !self.channels.iter().any(|channel| channel.kind.is_the_models() && !channel.text.trim().is_empty())
    }
}

/// Channels in the making.
#[derive(Debug, Default)]
pub(super) struct Channels(indexmap::IndexMap<(ChannelKind, String), String>);

impl Channels {
    /// Appends a piece to the channel of this kind and path.
    pub(super) fn add(&mut self, kind: ChannelKind, path: &str, piece: &str) {
        if !piece.is_empty() {
            self.0.entry((kind, path.to_owned())).or_default().push_str(piece);
        }
    }

    /// Whether the model has said anything yet.
    pub(super) fn speaks(&self) -> bool {
        self.0.keys().any(|(kind, _)| kind.is_the_models())
    }

    /// Where no name tells what the model says, the longest prose among what has no meaning yet is taken for it, or two
    /// words where there is no other text; of a stream what came in the most pieces. Nothing is where the answer speaks of an error.
    pub(super) fn suppose(&mut self, pieces: &HashMap<String, usize>) {
        if self.0.keys().any(|(kind, _)| matches!(kind, ChannelKind::Text | ChannelKind::Error)) {
            return;
        }
        let known = self.0.iter().filter(|((kind, path), _)| *kind == ChannelKind::Metadata && !is_technical(path));
        let count = |path: &String| pieces.get(path).copied().unwrap_or(0);
        let known: Vec<_> = known.filter(|(_, text)| !text.trim().is_empty()).collect();
        let only = known.len() == 1 && known.iter().all(|(_, text)| text.split_whitespace().count() >= 2);
        let likely = known.into_iter().filter(|((_, path), text)| only || is_prose(text) || count(path) >= 3);
        // What came in pieces outweighs what reads like prose: little but a model's text is sent that way.
        let best = likely.max_by_key(|((_, path), text)| (count(path) >= 3, is_prose(text), text.len()));
        let Some(key) = best.map(|(key, _)| key.clone()) else { return };

        if let Some(text) = self.0.get(&key).cloned() {
            self.0.insert((ChannelKind::Text, key.1.clone()), text);
            self.0.shift_remove(&key);
        }
    }

    pub(super) fn finish(self) -> Vec<Channel> {
        self.0.into_iter().map(|((kind, path), text)| Channel { path, kind, text }).collect()
    }
}

/// Three words or more, mostly of letters.
fn is_prose(text: &str) -> bool {
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    text.split_whitespace().count() >= 3 && letters * 2 >= text.chars().count()
}

/// Fields that say how a request fared, and what names things: no answer of a model's.
fn is_technical(path: &str) -> bool {
    const NAMES: [&str; 18] = [
        "id",
        "type",
        "kind",
        "event",
        "role",
        "object",
        "model",
        "status",
        "state",
        "notice",
        "warning",
        "info",
        "hint",
        "title",
        "description",
        "created",
        "timestamp",
        "name",
    ];
    let last = path.rsplit(['.', ']']).next().unwrap_or_default().to_ascii_lowercase();
    NAMES.contains(&last.as_str()) || last.ends_with("_id") || last.contains("err")
}
