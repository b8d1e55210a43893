//! Names within functions, for languages that are not lowered: what a name was given nearest before a place.

use std::collections::HashMap;

use super::query::At;
use crate::project::ModuleId;

/// What a name stands for.
#[derive(Clone, Copy)]
pub(super) enum NameBinding<'s> {
    /// The value that it was given.
    Value(At<'s>),
    /// A parameter: its declaration, the function, and its place among the parameters.
    Parameter(At<'s>, At<'s>, usize),
}

struct ScopedName<'s> {
    /// Bytes in which it is known.
    range: std::ops::Range<usize>,
    /// The byte from which on it is known.
    from: usize,
    bound: NameBinding<'s>,
}

/// The names of all files.
#[derive(Default)]
pub(super) struct Scopes<'s> {
    names: HashMap<(ModuleId, &'s str), Vec<ScopedName<'s>>>,
}

impl<'s> Scopes<'s> {
    /// Gives a name a value, to be known in a block from the end of the declaration on.
    pub(super) fn add_value(&mut self, name: At<'s>, declaration: At<'s>, block: At<'s>, value: At<'s>) {
        let from = declaration.node.end_byte();
        self.add(name, block, from, NameBinding::Value(value));
    }

    /// Names a parameter of a function.
    pub(super) fn add_parameter(&mut self, name: At<'s>, declaration: At<'s>, function: At<'s>, place: usize) {
        self.add(name, function, name.node.start_byte(), NameBinding::Parameter(declaration, function, place));
    }

    fn add(&mut self, name: At<'s>, block: At<'s>, from: usize, bound: NameBinding<'s>) {
        let range = block.node.start_byte()..block.node.end_byte();
        let key = (name.file.module.id, name.text());
        self.names.entry(key).or_default().push(ScopedName { range, from, bound });
    }

    /// Returns what a name stands for at a place: what it was given last before it.
    pub(super) fn look_up(&self, name: &str, at: At<'_>) -> Option<NameBinding<'s>> {
        let byte = at.node.start_byte();
        let known = self.names.get(&(at.file.module.id, name))?;
        let seen = known.iter().filter(|known| known.range.contains(&byte) && known.from <= byte);
        // The latest binding wins, and of two at one place that of the inner block.
        seen.max_by_key(|known| (known.from, known.range.start)).map(|known| known.bound)
    }
}
