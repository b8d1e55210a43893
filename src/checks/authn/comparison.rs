//! Answers about an account that exists and about names that no account has, compared by kind.

use std::sync::Arc;

use super::trial::Shape;
use crate::act::Persona;
use crate::checks::acting::ActCx;
use crate::checks::rule::{Rule, held};
use crate::model::{Role, Silence};
use crate::probe::Answer;

/// What was answered about the known account, and about unknown names.
pub(super) struct Comparison<'a> {
    known: &'a Persona,
    /// What is asked about, in the plural: `names`, `addresses`.
    what: &'static str,
    strangers: Vec<Persona>,
    of_strangers: Vec<Arc<Answer>>,
    of_known: Vec<Arc<Answer>>,
}

impl<'a> Comparison<'a> {
    /// Nothing was asked yet.
    pub(super) fn new(known: &'a Persona, what: &'static str) -> Self {
        Self { known, what, strangers: Vec::new(), of_strangers: Vec::new(), of_known: Vec::new() }
    }

    /// Returns the account that exists.
    pub(super) fn known(&self) -> &'a Persona {
        self.known
    }

    /// Returns the first answer about the account that exists.
    pub(super) fn first_of_known(&self) -> Option<&Arc<Answer>> {
        self.of_known.first()
    }

    /// Adds an answer: about a stranger, or about the account where there is none.
    ///
    /// # Errors
    /// `Undecided` for an answer that says nothing.
    pub(super) fn add(&mut self, stranger: Option<Persona>, answer: Arc<Answer>) -> Result<(), Silence> {
        if let Some(because) = ActCx::no_answer(&answer) {
            return Err(Silence::undecided(because));
        }
        match stranger {
            Some(who) => {
                self.strangers.push(who);
                self.of_strangers.push(answer);
            }
            None => self.of_known.push(answer),
        }
        Ok(())
    }

    /// Returns in what the answers differ by kind.
    ///
    /// # Errors
    /// `Undecided` where those of one kind do not agree, `Held` with the control where both kinds are alike.
    pub(super) fn difference(&self, control: &Answer, alike: &str) -> Result<String, Silence> {
        let shapes = self.shape(&self.of_strangers).zip(self.shape(&self.of_known));
        let (strangers, known) = shapes.ok_or_else(|| {
            Silence::undecided("equal requests are not answered alike, so that a difference shows nothing")
        })?;
        strangers.differs_from(&known).ok_or_else(|| match self.of_strangers.last() {
            Some(attack) => held(attack, control, alike),
            None => Silence::undecided("nothing was asked"),
        })
    }

    fn shape(&self, answers: &[Arc<Answer>]) -> Option<Shape> {
        let named: Vec<&Persona> = self.strangers.iter().chain([self.known]).collect();
        let answers: Vec<&Answer> = answers.iter().map(|answer| &**answer).collect();
        Shape::of(&answers, &named)
    }

    /// Adds the clauses of a difference that showed again, with the answers that show it.
    ///
    /// # Errors
    /// As [`Self::difference`].
    pub(super) fn weigh(&self, rule: &mut Rule, control: &Answer, least: usize) -> Result<String, Silence> {
        let what = self.what;
        rule.weigh(
            "unknown-agree",
            self.shape(&self.of_strangers).is_some(),
            format!("{} unknown {what} are answered alike", self.of_strangers.len()),
        );
        let difference = self.difference(control, "the difference between unknown and known did not show again");
        let difference =
            rule.need("known-differs", difference, |difference| format!("unknown against known: {difference}"))?;
        let times = self.of_known.len();
        rule.weigh(
            "repeated",
            times >= least,
            format!("the known one is answered alike {times} times, between unknown {what}"),
        );
        for answer in self.of_known.iter().take(2) {
            rule.show(Role::Attack, answer);
        }
        for answer in self.of_strangers.iter().take(3) {
            rule.show(Role::Control, answer);
        }
        Ok(difference)
    }
}
