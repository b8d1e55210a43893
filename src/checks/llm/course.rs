//! The order in which questions are asked: it follows what the answers show, and stops where more would only cost.

use std::sync::Arc;

use super::talk::{Said, Stop, Talk};
use crate::llm::{Class, Prompt, Question, is_refusal, questions};
use crate::probe::Caller;

/// Questions of one class to one caller.
#[derive(Debug)]
pub(super) struct Course<'a> {
    talk: &'a Talk<'a>,
    who: String,
    left: std::vec::IntoIter<Asked>,
    /// A plain question was refused, and one for an encoding was answered: a filter looks at the words.
    filtered: bool,
    refused_plain: bool,
    refused_encoded: u8,
    /// Questions that were asked.
    asked: usize,
    /// Answers that could be judged.
    pub(super) judged: usize,
    /// Why others could not, the first reason.
    pub(super) unjudged: Option<String>,
}

/// What is asked: one of the scan's own questions, or a prompt of the user's.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    Own(&'static Question),
    Given(usize, String),
}

impl Asked {
    /// Its name in reports.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Own(question) => question.name.to_owned(),
            Self::Given(at, _) => format!("given-prompt-{}", at + 1),
        }
    }

    fn is_encoded(&self) -> bool {
        matches!(self, Self::Own(question) if question.encoded)
    }
}

impl<'a> Course<'a> {
    /// Questions of a class first, then the others, then the user's own.
    pub(super) fn new(talk: &'a Talk<'a>, who: &str, class: Class) -> Self {
        let own = questions(talk.tier(), class).into_iter().map(Asked::Own);
        let given = talk.cx.check.llm.prompts.iter().cloned().enumerate().map(|(at, text)| Asked::Given(at, text));
        let all: Vec<Asked> = own.chain(given).collect();
        Self {
            talk,
            who: who.to_owned(),
            left: all.into_iter(),
            filtered: false,
            refused_plain: false,
            refused_encoded: 0,
            asked: 0,
            judged: 0,
            unjudged: None,
        }
    }

    /// Asks the next question and gives what came of it; `None` when there is nothing more to ask. What was cut short is
    /// given too, since what leaks may stand before the cut; that nothing stands there proves nothing.
    pub(super) async fn next(&mut self) -> Result<Option<(Asked, Arc<Said>)>, Stop> {
        while let Some(asked) = self.left.next() {
            if self.is_pointless(&asked) {
                continue;
            }
            let said = self.again(&asked, 0).await?;
            self.asked += 1;
            if let Err(because) = said.usable() {
                self.unjudged.get_or_insert(because);
                if said.is_partial() {
                    return Ok(Some((asked, said)));
                }
                continue;
            }
            self.judged += 1;
            self.learn(&asked, &said);
            return Ok(Some((asked, said)));
        }
        Ok(None)
    }

    /// Asks the same for another round.
    pub(super) async fn again(&self, asked: &Asked, round: u8) -> Result<Arc<Said>, Stop> {
        match asked {
            Asked::Own(question) => self.talk.ask(&self.who, question, round).await,
            Asked::Given(_, text) => self.talk.say(&Caller::named(&self.who), &Prompt::one(text.clone()), round).await,
        }
    }

    fn is_pointless(&self, asked: &Asked) -> bool {
        match asked {
            Asked::Given(..) => false,
            own if own.is_encoded() => self.refused_encoded >= 2,
            _ => self.filtered,
        }
    }

    fn learn(&mut self, asked: &Asked, said: &Said) {
        let refused = is_refusal(&said.reading.said());
        match (asked.is_encoded(), refused) {
            (false, true) => self.refused_plain = true,
            (true, true) => self.refused_encoded += 1,
            (true, false) => self.filtered |= self.refused_plain,
            (false, false) => {}
        }
    }

    /// Why nothing is concluded from silence, where fewer than half of the answers could be judged.
    pub(super) fn nothing_judged(&self) -> Option<String> {
        let because = self.unjudged.clone().unwrap_or_else(|| "no question was asked".to_owned());
        if self.judged == 0 {
            return Some(format!("not tested: {because}"));
        }
        let (judged, asked) = (self.judged, self.asked);
        (judged * 2 < asked).then(|| format!("only {judged} of {asked} answers could be judged: {because}"))
    }
}
