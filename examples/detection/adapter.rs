//! The detector under measurement. No other file of this example names it.

use std::ops::Range;

use routewarden::detect::material;

/// What the detector found, without the value.
pub struct Hit {
    /// Name of the rule.
    pub rule: String,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// Scans a text and what it holds once it is decoded. What stands there in pieces has no range, and is left out.
pub fn scan(text: &str) -> Vec<Hit> {
    let found = material::find_secrets(None, text).hidden.into_iter();
    found.filter_map(|hidden| Some(Hit { rule: hidden.rule, range: hidden.range? })).collect()
}
