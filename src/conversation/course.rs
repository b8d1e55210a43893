//! The order in which questions are asked: it follows what the answers show, and stops where more would only cost.

use std::sync::Arc;

use super::provoke::Provocation;
use super::talk::{Said, Saying, Stop, Talk};
use crate::llm::{Class, Prompt, Question, Tier, is_refusal, questions};
use crate::probe::Caller;

/// Questions of one class to one caller.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    talk: &'a Talk<'a>,
    who: String,
    left: std::vec::IntoIter<Asked>,
    /// A plain question was refused, and one for an encoding was answered: a filter looks at the words.
    filtered: bool,
    refused_plain: bool,
    refused_encoded: u8,
    /// Questions that were asked.
    asked: usize,
    /// Answers in a row that were the everyday one, letter for letter.
    unmoved: usize,
    /// Answers that could be judged.
    pub(crate) judged: usize,
    /// Why others could not, the first reason.
    pub(crate) unjudged: Option<String>,
}

/// So many questions that ask for different things, and get the everyday answer, show that nothing reads them.
const MOST_UNMOVED: usize = 2;

/// So many questions are asked in vain.
const MOST_VAIN: usize = 3;

/// What is asked: one of the scan's own questions, a prompt of the user's, or a request that provokes an error.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Own(&'static Question),
    Given(usize, String),
    Provoked(Provocation),
}

impl Asked {
    /// Its name in reports.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Own(question) => question.name.to_owned(),
            Self::Given(at, _) => format!("given-prompt-{}", at + 1),
            Self::Provoked(provocation) => provocation.name().to_owned(),
        }
    }

    /// Whether an error is what it is after: then a failed answer is one that can be judged.
    pub(crate) fn is_provoked(&self) -> bool {
        matches!(self, Self::Provoked(_))
    }

    fn is_encoded(&self) -> bool {
        matches!(self, Self::Own(question) if question.encoded)
    }
}

impl<'a> Course<'a> {
    /// Questions of a class first, then the others, then the user's own, then what provokes errors.
    pub(crate) fn new(talk: &'a Talk<'a>, who: &str, class: Class) -> Self {
        let own = questions(talk.tier(), class).into_iter().map(Asked::Own);
        let given = talk.cx.llm.prompts.iter().cloned().enumerate().map(|(at, text)| Asked::Given(at, text));
        // What is only looked at is asked little.
        let provocations: &[Provocation] = if talk.tier() == Tier::Look { &[] } else { &Provocation::ALL };
        let provoked = provocations.iter().copied().map(Asked::Provoked);
        Self::of(talk, who, own.chain(given).chain(provoked).collect())
    }

    /// The few questions that most models answer.
    pub(crate) fn likeliest(talk: &'a Talk<'a>, who: &str) -> Self {
        let likeliest = questions(Tier::Quick, Class::All).into_iter().filter(|question| question.class == Class::All);
        Self::of(talk, who, likeliest.take(2).map(Asked::Own).collect())
    }

    fn of(talk: &'a Talk<'a>, who: &str, all: Vec<Asked>) -> Self {
        Self {
            talk,
            who: who.to_owned(),
            left: all.into_iter(),
            filtered: false,
            refused_plain: false,
            refused_encoded: 0,
            asked: 0,
            unmoved: 0,
            judged: 0,
            unjudged: None,
        }
    }

    /// Asks the next question and gives what came of it; `None` when there is nothing more to ask. What was cut short is
    /// given too, since what leaks may stand before the cut; that nothing stands there proves nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<(Asked, Arc<Said>)>, Stop> {
        while let Some(asked) = self.left.next() {
            if self.is_pointless(&asked) {
                continue;
            }
            let said = self.again(&asked, 0).await?;
            if asked.is_provoked() {
                return Ok(Some((asked, said)));
            }
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
            self.compare(&said).await?;
            return Ok(Some((asked, said)));
        }
        Ok(None)
    }

    /// Asks the same for another round.
    pub(crate) fn again<'s>(&'s self, asked: &'s Asked, round: u8) -> Saying<'s> {
        Box::pin(async move {
            match asked {
                Asked::Own(question) => self.talk.ask(&self.who, question, round).await,
                Asked::Given(_, text) => {
                    self.talk.say(&Caller::named(&self.who), &Prompt::one(text.clone()), round).await
                }
                Asked::Provoked(provocation) => provocation.put(self.talk, &self.who, round).await,
            }
        })
    }

    fn is_pointless(&self, asked: &Asked) -> bool {
        match asked {
            Asked::Given(..) | Asked::Provoked(_) => false,
            // Whoever answers nothing that can be judged is not asked on and on: people may read it.
            Asked::Own(_) if self.judged == 0 && self.asked >= MOST_VAIN => true,
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

    /// Stops where nothing reads the questions: the everyday answer comes again, letter for letter, to whatever is asked.
    /// Checks that ask for something else go on: a bot that knows a few topics answers all others alike. A guard that refuses everything with one sentence is told by its words, and asked on.
    async fn compare(&mut self, said: &Said) -> Result<(), Stop> {
        let everyday = self.talk.benign(&self.who).await?;
        let (now, usual) = (said.reading.said(), everyday.reading.said());
        let same = !now.trim().is_empty() && now.trim() == usual.trim() && !is_refusal(&now);
        self.unmoved = if same && self.unmoved + 1 == self.judged { self.unmoved + 1 } else { 0 };
        // A leak may stand in the very words that never change: the answer is judged first, so the next one stops.
        if self.unmoved > MOST_UNMOVED {
            let because = format!("{} different questions got the same words", self.unmoved + 1);
            return Err(Stop::Unmoved(because));
        }
        Ok(())
    }

    /// Why nothing is concluded from silence, where fewer than half of the answers could be judged.
    pub(crate) fn nothing_judged(&self) -> Option<String> {
        let because = self.unjudged.clone().unwrap_or_else(|| "no question was asked".to_owned());
        if self.judged == 0 {
            return Some(format!("not tested: {because}"));
        }
        let (judged, asked) = (self.judged, self.asked);
        (judged * 2 < asked).then(|| format!("only {judged} of {asked} answers could be judged: {because}"))
    }
}
