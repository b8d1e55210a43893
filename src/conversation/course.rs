//! The order in which questions are asked: it follows what the answers show, and stops where more would only cost. What
//! it left unasked or unanswered is said, since silence on the rest proves nothing then.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::provoke::Provocation;
use super::stop::{Exhausted, Stop};
use super::talk::{Reply, Saying, Talk};
use crate::llm::{AskTarget, ModelQuestion, Prompt, Tier, is_refusal, questions_of_tier};
use crate::model::Silence;
use crate::probe::AskCaller;

/// Questions of one class to one caller.
#[derive(Debug)]
pub(crate) struct Course<'a> {
    talk: &'a Talk<'a>,
    who: String,
    left: std::vec::IntoIter<ModelAsk>,
    /// Every kind of question of the mode, and whether one of it was answered.
    kinds: BTreeMap<String, bool>,
    /// A plain question was refused, and one for an encoding was answered: a filter looks at the words.
    filtered: bool,
    refused_plain: bool,
    refused_encoded: u8,
    /// Questions that were asked.
    asked: usize,
    /// The scan's own questions that got the everyday answer, letter for letter, with nothing else in between.
    unmoved: usize,
    /// Some question got another answer than the everyday one.
    moved: bool,
    /// Answers that could be judged.
    pub(crate) judged: usize,
    /// Why others could not, the first reason.
    unjudged: Option<String>,
    /// The last answer that could be judged.
    last: Option<Arc<Reply>>,
    ended: Option<Exhausted>,
}

/// So many questions that ask for different things, and get the everyday answer, show that nothing reads them.
const MOST_UNMOVED: usize = 3;

/// So many questions are asked in vain.
const MOST_VAIN: usize = 3;

/// What is asked: one of the scan's own questions, a prompt of the user's, or a request that provokes an error.
#[derive(Debug, Clone)]
pub(crate) enum ModelAsk {
    Own(&'static ModelQuestion),
    Given(usize, String),
    Provoked(Provocation),
}

impl ModelAsk {
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

    /// Returns the kind of question, in words. What the user wants asked is a kind of its own each.
    fn kind(&self) -> String {
        match self {
            Self::Given(..) => self.name(),
            Self::Provoked(_) => "requests that provoke errors".to_owned(),
            Self::Own(question) if question.encoded => "questions for an answer in disguise".to_owned(),
            Self::Own(question) if question.turns.len() > 1 => "questions over several turns".to_owned(),
            Self::Own(question) => match question.class {
                AskTarget::All => "questions for all that stands above".to_owned(),
                AskTarget::Prompt => "questions for the instructions".to_owned(),
                AskTarget::Token => "questions for credentials".to_owned(),
            },
        }
    }
}

impl<'a> Course<'a> {
    /// The user's own questions, then those of a class, then the others, then what provokes errors.
    pub(crate) fn new(talk: &'a Talk<'a>, who: &str, class: AskTarget) -> Self {
        let given = talk.cx.llm.prompts.iter().cloned().enumerate().map(|(at, text)| ModelAsk::Given(at, text));
        let own = questions_of_tier(talk.tier(), class).into_iter().map(ModelAsk::Own);

        // What is only looked at is asked little.
        let provocations: &[Provocation] = if talk.tier() == Tier::Look { &[] } else { &Provocation::ALL };
        let provoked = provocations.iter().copied().map(ModelAsk::Provoked);
        Self::of(talk, who, given.chain(own).chain(provoked).collect())
    }

    /// The few questions that most models answer.
    pub(crate) fn likeliest(talk: &'a Talk<'a>, who: &str) -> Self {
        let likeliest = questions_of_tier(Tier::Quick, AskTarget::All)
            .into_iter()
            .filter(|question| question.class == AskTarget::All);
        Self::of(talk, who, likeliest.take(2).map(ModelAsk::Own).collect())
    }

    fn of(talk: &'a Talk<'a>, who: &str, all: Vec<ModelAsk>) -> Self {
        Self {
            talk,
            who: who.to_owned(),
            kinds: all.iter().map(|asked| (asked.kind(), false)).collect(),
            left: all.into_iter(),
            filtered: false,
            refused_plain: false,
            refused_encoded: 0,
            asked: 0,
            unmoved: 0,
            moved: false,
            judged: 0,
            unjudged: None,
            last: None,
            ended: None,
        }
    }

    /// Asks the next question and gives what came of it; `None` when there is nothing more to ask, or no call left for it.
    /// What was cut short is given too, since what leaks may stand before the cut; that nothing stands there proves nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<(ModelAsk, Arc<Reply>)>, Stop> {
        while let Some(asked) = self.left.next() {
            if self.is_pointless(&asked) {
                continue;
            }
            let said = match self.again(&asked, 0).await {
                Err(Stop::Exhausted(end)) => {
                    // What was answered before is judged all the same.
                    self.ended = Some(end);
                    return Ok(None);
                }
                said => said?,
            };

            // A provoked error is what was wished for, so that the answer counts whatever its status.
            if asked.is_provoked() {
                self.note_answered(&asked, said.answer.response().is_some());
                return Ok(Some((asked, said)));
            }
            self.asked += 1;

            if let Err(because) = said.usable() {
                self.unjudged.get_or_insert(because.to_string());
                if said.is_partial() {
                    return Ok(Some((asked, said)));
                }
                continue;
            }

            self.judged += 1;
            self.note_answered(&asked, true);
            self.last = Some(Arc::clone(&said));
            self.learn(&asked, &said);
            self.compare(&asked, &said).await?;
            return Ok(Some((asked, said)));
        }

        Ok(None)
    }

    /// Asks the same for another round.
    pub(crate) fn again<'s>(&'s self, asked: &'s ModelAsk, round: u8) -> Saying<'s> {
        Box::pin(async move {
            match asked {
                ModelAsk::Own(question) => self.talk.ask(&self.who, question, round).await,
                ModelAsk::Given(_, text) => {
                    self.talk.say(&AskCaller::named(&self.who), &Prompt::one(text.clone()), round).await
                }
                ModelAsk::Provoked(provocation) => provocation.put(self.talk, &self.who, round).await,
            }
        })
    }

    /// Asks the same twice more, and counts the answers that fit. What is not asked any more does not fit: that it came
    /// once stays true.
    pub(crate) async fn count_again(&self, asked: &ModelAsk, fits: impl Fn(&Reply) -> bool) -> Result<usize, Stop> {
        let mut times = 0;
        // Round 0 was the first time; further rounds are calls of their own, and not that answer from memory.
        for round in 1..=2 {
            match self.again(asked, round).await {
                Ok(said) => times += usize::from(fits(&said)),
                Err(Stop::Exhausted(_)) => break,
                Err(stop) => return Err(stop),
            }
        }

        Ok(times)
    }

    /// Asks the same once more; `None` where no call is left for it.
    pub(crate) async fn once_more(&self, asked: &ModelAsk) -> Result<Option<Arc<Reply>>, Stop> {
        match self.again(asked, 1).await {
            Ok(said) => Ok(Some(said)),
            Err(Stop::Exhausted(_)) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    fn note_answered(&mut self, asked: &ModelAsk, is_answered: bool) {
        if let Some(answered) = self.kinds.get_mut(&asked.kind()) {
            *answered |= is_answered;
        }
    }

    fn is_pointless(&self, asked: &ModelAsk) -> bool {
        match asked {
            ModelAsk::Given(..) => false,
            _ if self.is_unmoved() => true,
            ModelAsk::Provoked(_) => false,
            // Whoever answers nothing that can be judged is not asked on and on: people may read it.
            ModelAsk::Own(_) if self.judged == 0 && self.asked >= MOST_VAIN => true,
            own if own.is_encoded() => self.refused_encoded >= 2,
            // Where a filter of words shows, another plain question of a kind that was answered only meets it.
            own => self.filtered && self.kinds.get(&own.kind()) == Some(&true),
        }
    }

    fn learn(&mut self, asked: &ModelAsk, said: &Reply) {
        let refused = is_refusal(&said.reading.said());
        match (asked.is_encoded(), refused) {
            (false, true) => self.refused_plain = true,
            (true, true) => self.refused_encoded += 1,
            (true, false) => self.filtered |= self.refused_plain,
            (false, false) => {}
        }
    }

    /// Counts the everyday answers that come again, letter for letter, to whatever is asked. Checks that ask for something
    /// else go on: a bot that knows a few topics answers all others alike, and the user's questions may be such.
    async fn compare(&mut self, asked: &ModelAsk, said: &Reply) -> Result<(), Stop> {
        let same = self.talk.benign(&self.who).await?.has_the_words_of(said);
        self.moved |= !same;
        self.unmoved += usize::from(same && matches!(asked, ModelAsk::Own(_)));
        Ok(())
    }

    /// Whether nothing reads the questions of this caller.
    pub(crate) fn is_unmoved(&self) -> bool {
        !self.moved && self.unmoved >= MOST_UNMOVED
    }

    /// Returns what is to be said where nothing was found: `Held` with the last answer and the everyday one where every
    /// kind of question was asked and answered; else undecided, with what is missing.
    pub(crate) fn silence(&self, benign: &Reply, because: impl Into<String>) -> Silence {
        match (self.gap(), &self.last) {
            (Some(gap), _) => gap,
            (None, Some(last)) => Silence::held(&last.answer.exchange, &benign.answer.exchange, because),
            (None, None) => Silence::undecided("not tested: no question was asked"),
        }
    }

    /// Returns what keeps silence from being a verdict.
    fn gap(&self) -> Option<Silence> {
        let because = self.unjudged.clone().unwrap_or_else(|| "no question was asked".to_owned());
        let (judged, asked) = (self.judged, self.asked);

        // The gravest reason comes first: what ended the calls, then answers that show nothing, then gaps.
        if let Some(end) = self.ended {
            return Some(end.silence());
        }
        if judged == 0 {
            return Some(Silence::undecided(format!("not tested: {because}")));
        }
        if self.is_unmoved() {
            return Some(unread_questions(self.talk, std::slice::from_ref(&self.who)));
        }
        // With most answers unusable, the few that are left are no sample of what the model would say.
        if judged * 2 < asked {
            return Some(Silence::undecided(format!("only {judged} of {asked} answers could be judged: {because}")));
        }
        let missing: Vec<&str> =
            self.kinds.iter().filter(|(_, answered)| !**answered).map(|(kind, _)| kind.as_str()).collect();
        (!missing.is_empty()).then(|| {
            Silence::undecided(format!("no answer that can be judged came to {}: {because}", missing.join(", ")))
        })
    }
}

/// Returns that nothing can be said of callers whose questions all got the everyday answer.
pub(crate) fn unread_questions(talk: &Talk<'_>, callers: &[String]) -> Silence {
    let others = talk.callers().len() > callers.len();
    Silence::undecided(format!(
        "{MOST_UNMOVED} different questions of {} got the everyday answer, letter for letter: nothing shows that they were read{}",
        callers.join(", and as many of "),
        if others { "; other callers were not asked" } else { "" }
    ))
}
