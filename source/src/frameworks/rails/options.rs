//! Arguments of calls in Ruby: values in order, and options by name.

use std::collections::HashMap;

use crate::frameworks::query::At;

/// The arguments of a call.
pub(super) struct RailsCallArguments<'s> {
    /// Without names.
    pub(super) values: Vec<At<'s>>,
    /// By name, also of the old way to write them.
    pub(super) named: Vec<(String, At<'s>)>,
    /// `'path' => 'controller#action'`
    pub(super) targets: Vec<(String, At<'s>)>,
}

/// Values of the parameters of a loop that is run.
pub(super) type LoopNames = HashMap<String, String>;

impl<'s> RailsCallArguments<'s> {
    /// Reads the arguments of a call.
    pub(super) fn of(call: At<'s>, names: &LoopNames) -> Self {
        let mut read = RailsCallArguments { values: Vec::new(), named: Vec::new(), targets: Vec::new() };
        for argument in call.field("arguments").map(At::children).unwrap_or_default() {
            match argument.kind() {
                "pair" => read.take_pair(argument, names),
                "hash" => argument.children().into_iter().for_each(|pair| read.take_pair(pair, names)),
                _ => read.values.push(argument),
            }
        }

        read
    }

    fn take_pair(&mut self, pair: At<'s>, names: &LoopNames) {
        let (Some(key), Some(value)) = (pair.field("key"), pair.field("value")) else { return };
        // A text as key is a path with its target; a symbol is an option.
        if key.kind() == "string" || !["hash_key_symbol", "simple_symbol"].contains(&key.kind()) {
            self.targets.push((text_of(key, names).unwrap_or_else(|| key.text().to_owned()), value));
        } else {
            self.named.push((key.text().trim_matches(':').to_owned(), value));
        }
    }

    /// Returns the value of an option.
    pub(super) fn get(&self, name: &str) -> Option<At<'s>> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, value)| *value)
    }

    /// Returns the text of an option.
    pub(super) fn text(&self, name: &str, names: &LoopNames) -> Option<String> {
        self.get(name).and_then(|value| text_of(value, names))
    }

    /// Returns the texts of an option; absent where it is.
    pub(super) fn texts(&self, name: &str, names: &LoopNames) -> Option<Vec<String>> {
        self.get(name).map(|value| texts_of(value, names))
    }
}

/// Returns the text of a symbol or string.
pub(super) fn text_of(at: At<'_>, names: &LoopNames) -> Option<String> {
    match at.kind() {
        "simple_symbol" => Some(at.text().trim_start_matches(':').to_owned()),
        // The parameter of a loop has the value of its turn.
        "identifier" => names.get(at.text()).cloned(),
        "bare_string" | "bare_symbol" => Some(at.text().to_owned()),
        "string" | "delimited_symbol" => at
            .children()
            .into_iter()
            .map(|part| match part.kind() {
                "interpolation" => part.children().first().and_then(|inner| text_of(*inner, names)),
                _ => Some(part.text().to_owned()),
            })
            .collect(),
        "call" if ["to_sym", "to_s", "freeze"].contains(&at.field_text("method")) => {
            text_of(at.field("receiver")?, names)
        }
        _ => None,
    }
}

/// Returns the texts of a list, or the one text.
pub(super) fn texts_of(at: At<'_>, names: &LoopNames) -> Vec<String> {
    match at.kind() {
        "array" | "string_array" | "symbol_array" => {
            at.children().into_iter().filter_map(|item| text_of(item, names)).collect()
        }
        _ => text_of(at, names).into_iter().collect(),
    }
}
