//! Answers about an account that exists and about names that no account has, compared by kind.

use std::sync::Arc;

use super::answer_shape::AnswerShape;
use super::answers::why_inconclusive;
use super::lab::Lab;
use super::resets::ask_for_reset;
use super::sign_in::{SignInTrial, unknown_person, wrong_password};
use crate::act::{Acting, Persona};
use crate::model::{Silence, ensure};
use crate::probe::Answer;

/// What was answered about the known account, and about unknown names.
#[derive(Debug)]
pub(crate) struct NameComparison<'a> {
    known: &'a Persona,
    /// What is asked about, in the plural: `names`, `addresses`.
    what: &'static str,
    strangers: Vec<Persona>,
    of_strangers: Vec<Arc<Answer>>,
    of_known: Vec<Arc<Answer>>,
}

impl<'a> NameComparison<'a> {
    /// Nothing was asked yet.
    pub(crate) fn new(known: &'a Persona, what: &'static str) -> Self {
        Self { known, what, strangers: Vec::new(), of_strangers: Vec::new(), of_known: Vec::new() }
    }

    /// Returns what is asked about, in the plural.
    pub(crate) fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the answers about the account that exists.
    pub(crate) fn of_known(&self) -> &[Arc<Answer>] {
        &self.of_known
    }

    /// Returns the answers about names that no account has.
    pub(crate) fn of_strangers(&self) -> &[Arc<Answer>] {
        &self.of_strangers
    }

    /// Whether the answers about unknown names agree.
    pub(crate) fn strangers_agree(&self) -> bool {
        self.shape(&self.of_strangers).is_some()
    }

    /// Tries wrong passwords for unknown, known, unknown, known, unknown, and the right one at the end: counters of
    /// failures start anew for what comes after.
    ///
    /// # Errors
    /// `Undecided` for a try that is let in, or says nothing.
    pub(crate) async fn try_sign_ins(&mut self, trial: &SignInTrial<'_>) -> Result<(), Silence> {
        let tried = self.try_names(trial).await;
        // The right password ends the row of failures also where a try went wrong.
        trial.right().await?;
        tried
    }

    async fn try_names(&mut self, trial: &SignInTrial<'_>) -> Result<(), Silence> {
        let password = wrong_password();
        // The two kinds alternate, so that a limit which sets in meanwhile touches both.
        for turn in 0..5 {
            // A counter of failures per name never gets far with a new name each time.
            let unknown = (turn % 2 == 0).then(unknown_person);
            let answer = trial.with(unknown.as_ref().unwrap_or(self.known), &password).await?;
            ensure(!trial.lets_in(&answer), || {
                Silence::undecided(match unknown {
                    Some(_) => "a name that no account has is signed in: the sign-in may make accounts",
                    None => "a wrong password is taken",
                })
            })?;

            self.add(unknown, answer)?;
        }

        Ok(())
    }

    /// Asks for a new password for an unknown address, the known one and another unknown one: what sets in meanwhile makes
    /// the unknown ones differ. Returns the first answer about the known one.
    ///
    /// # Errors
    /// `Undecided` for an answer that says nothing.
    pub(crate) async fn try_resets(&mut self, lab: &Lab<'_>, acting: &Acting) -> Result<Arc<Answer>, Silence> {
        for turn in 0..3 {
            let stranger = (turn != 1).then(unknown_person);
            let answer = ask_for_reset(lab, acting, stranger.as_ref().unwrap_or(self.known)).await?;
            self.add(stranger, answer)?;
        }
        self.of_known.first().map(Arc::clone).ok_or_else(|| Silence::undecided("nothing was asked"))
    }

    /// Adds an answer: about a stranger, or about the account where there is none.
    ///
    /// # Errors
    /// `Undecided` for an answer that says nothing.
    fn add(&mut self, stranger: Option<Persona>, answer: Arc<Answer>) -> Result<(), Silence> {
        if let Some(because) = why_inconclusive(&answer) {
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
    pub(crate) fn difference(&self, control: &Answer, alike: &str) -> Result<String, Silence> {
        let shapes = self.shape(&self.of_strangers).zip(self.shape(&self.of_known));
        let (strangers, known) = shapes.ok_or_else(|| {
            Silence::undecided("equal requests are not answered alike, so that a difference shows nothing")
        })?;
        strangers.differs_from(&known).ok_or_else(|| match self.of_strangers.last() {
            Some(attack) => Silence::held(&attack.exchange, &control.exchange, alike),
            None => Silence::undecided("nothing was asked"),
        })
    }

    fn shape(&self, answers: &[Arc<Answer>]) -> Option<AnswerShape> {
        let named: Vec<&Persona> = self.strangers.iter().chain([self.known]).collect();
        let answers: Vec<&Answer> = answers.iter().map(|answer| &**answer).collect();
        AnswerShape::of(&answers, &named)
    }
}
