//! What is known at a place of the code: which objects and ids are tied to the caller, by which line.

use crate::ir::Span;
use crate::project::ModuleId;

/// A piece of a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CodeMark {
    pub(super) module: ModuleId,
    pub(super) span: Span,
}

/// The module of marks that stand for others.
const STAND_IN: ModuleId = ModuleId(usize::MAX - 1);

impl CodeMark {
    /// Makes one that stands for another.
    pub(super) fn stand_in(number: usize) -> CodeMark {
        CodeMark { module: STAND_IN, span: Span { start: number, ..Span::default() } }
    }

    /// Returns the number of the mark that it stands for.
    pub(super) fn stands_for(&self) -> Option<usize> {
        (self.module == STAND_IN).then_some(self.span.start)
    }
}

impl Default for CodeMark {
    fn default() -> Self {
        CodeMark { module: ModuleId(usize::MAX), span: Span::default() }
    }
}

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// The caller has a role.
    Role,
    /// An object that was loaded.
    Object(usize),
    /// A value that a client chose.
    Id(usize),
}

/// How an object or id is tied to the caller; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CallerTie {
    /// There is no object: nothing can leak.
    Absent,
    /// It is the caller's.
    Owner,
    /// A group, a share or a helper lets the caller reach it.
    Access,
    /// It belongs to an identity that a header claims and nothing proves.
    Claimed,
}

/// A fact and the line that it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OwnershipFact {
    pub(super) key: Key,
    pub(super) tie: CallerTie,
    pub(super) mark: CodeMark,
}

/// What is known on the paths to a place.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// No path leads here.
    pub(super) is_impossible: bool,
    list: Vec<OwnershipFact>,
}

impl Facts {
    pub(super) fn of(list: Vec<OwnershipFact>) -> Facts {
        Facts { is_impossible: false, list }
    }

    pub(super) fn impossible() -> Facts {
        Facts { is_impossible: true, list: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &OwnershipFact> {
        self.list.iter()
    }

    pub(super) fn get(&self, key: Key) -> Option<&OwnershipFact> {
        self.list.iter().find(|fact| fact.key == key)
    }

    /// Whether one of them ties something to the caller.
    pub(super) fn ties(&self) -> bool {
        self.list.iter().any(|fact| fact.key != Key::Role && fact.tie != CallerTie::Absent)
    }

    /// Adds a fact; the stronger of two on the same thing stays.
    pub(super) fn add(&mut self, fact: OwnershipFact) {
        match self.list.iter_mut().find(|known| known.key == fact.key) {
            Some(known) if fact.tie < known.tie => *known = fact,
            Some(_) => {}
            None => self.list.push(fact),
        }
    }

    /// Adds what holds as well.
    pub(super) fn and(&mut self, other: &Facts) {
        self.is_impossible |= other.is_impossible;
        other.list.iter().for_each(|fact| self.add(*fact));
    }

    /// Keeps what holds on both of two paths. A role stands for every tie: `owner or admin` is a tie to the owner.
    pub(super) fn or(&self, other: &Facts) -> Facts {
        match (self.is_impossible, other.is_impossible) {
            // A path that cannot be taken does not weaken the other one.
            (true, _) => return other.clone(),
            (_, true) => return self.clone(),
            _ => {}
        }
        let mut joined = Facts::default();

        for (one, two) in [(self, other), (other, self)] {
            let has_role = two.get(Key::Role).is_some();
            for fact in &one.list {
                match two.get(fact.key) {
                    // Of two ties the weaker one holds on both paths.
                    Some(known) => joined.weaken(if known.tie > fact.tie { *known } else { *fact }),
                    // A role passes without a tie of its own, so that the tie of the other path stands for both.
                    None if has_role => joined.add(*fact),
                    None => {}
                }
            }
        }

        joined
    }

    fn weaken(&mut self, fact: OwnershipFact) {
        match self.list.iter_mut().find(|known| known.key == fact.key) {
            Some(known) if fact.tie > known.tie => *known = fact,
            Some(_) => {}
            None => self.list.push(fact),
        }
    }
}
