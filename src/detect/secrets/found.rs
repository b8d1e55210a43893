//! What a search for secrets gives back. Holds places and names, never a secret.

use std::ops::Range;

/// How sure a rule is that what it found is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The form is common, the value may be public by design, or only a name says what it is.
    Medium,
    /// The form is the vendor's alone, or check digits hold.
    High,
}

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSecret {
    /// Id of the rule: `github-pat`, `private-key`, `field-password`.
    pub rule: String,
    /// The secret itself, in bytes of the text.
    pub range: Range<usize>,
    /// How sure it is.
    pub confidence: Certainty,
    /// The public beginning that all secrets of this kind share.
    pub prefix: Option<String>,
}

/// All that a search brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// In the order of the text, without overlaps.
    pub found: Vec<FoundSecret>,
    /// The limits that cut the search short, in words; empty when it was whole.
    pub capped: Vec<&'static str>,
}
