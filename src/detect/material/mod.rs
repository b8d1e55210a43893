//! All secrets of one text in one go: as it stands, in the strings of JSON, in JSON within strings, in events of a
//! stream and joined over them, and below escapes. Every text is looked at once; what is decoded is what is coded.

mod budget;
mod events;
mod json;
mod leaves;
mod lines;
mod origin;
mod search;

use std::ops::Range;

pub use self::budget::SearchBudget;
use super::decode::Cap;
use super::secrets::{Certainty, FoundSecret};
use super::unknown_token::UnknownToken;
use crate::model::Secret;

/// Rule of what is a token by its structure alone.
pub const UNKNOWN_TOKEN: &str = "unknown-token";

/// How a secret stood in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coding {
    /// As it is.
    Plain,
    /// In a JSON string with escapes, or in JSON within one.
    Json,
    /// With escapes of URLs, HTML or programs.
    Escaped,
    /// In base64, which a range covers whole.
    Base64,
    /// In pieces, over the events of a stream.
    Pieces,
}

/// A secret of a text. Printing it does not tell it.
#[derive(Debug, Clone)]
pub struct HiddenSecret {
    /// Id of the rule: `github-pat`, `field-password`, [`UNKNOWN_TOKEN`].
    pub rule: String,
    /// How sure the rule is.
    pub confidence: Certainty,
    /// The public beginning that all secrets of this kind share.
    pub prefix: Option<String>,
    /// JSON pointer (RFC 6901) to the string, `/(json)` leading into JSON within one and `/lines/3` or `/events/3`
    /// into a stream; `events[*].delta.content` where pieces were joined. Empty for the text itself.
    pub path: String,
    /// How it stood there.
    pub coding: Coding,
    /// The bytes of the text that it was read from; `None` where they are not in one piece.
    pub range: Option<Range<usize>>,
    /// What may be said of a token.
    pub token: Option<UnknownToken>,
    /// The secret.
    pub value: Secret,
}

impl HiddenSecret {
    /// What rules of another's found in a text as it stands.
    pub fn plain(found: FoundSecret, value: &str) -> Self {
        let FoundSecret { rule, range, confidence, prefix } = found;
        let (path, coding, value) = (String::new(), Coding::Plain, Secret::new(value));
        Self { rule, confidence, prefix, path, coding, range: Some(range), token: None, value }
    }
}

/// All secrets of a text.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// In the order of the text, without overlaps; those in pieces last.
    pub hidden: Vec<HiddenSecret>,
    /// The bounds that cut the search short, in words; empty when it was whole.
    pub caps: Vec<&'static str>,
}

impl Material {
    fn cap(&mut self, words: &'static str) {
        if !self.caps.contains(&words) {
            self.caps.push(words);
        }
    }
}

/// Finds the secrets of a text. `content_type` is a hint, as for [`super::decode::split_channels`].
pub fn find_secrets(content_type: Option<&str>, text: &str) -> Material {
    search::find_in_text(content_type, text)
}

/// A bound of the decoder, in words.
fn describe_cap(cap: Cap) -> &'static str {
    match cap {
        Cap::Input => "only 4 MiB of a stream or of coded text were decoded",
        Cap::Output => "more than 16 MiB came of decoding",
        Cap::Channels => "the text has more than 50000 values of its own",
        Cap::Depth => "values nest too deep",
        Cap::Values => "the text has more values than are read",
        Cap::Events => "the stream has more than 5000 events",
    }
}
