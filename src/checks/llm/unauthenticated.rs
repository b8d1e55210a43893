//! `llm/unauthenticated`.

use std::sync::Arc;

use super::need;
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status};
use crate::conversation::{Said, Stop, Talk};
use crate::llm::{BENIGN, Prompt, is_refusal, normal};
use crate::model::{ANONYMOUS, Operation, Role, Security, Severity, Verdict};
use crate::probe::Caller;
use crate::survey::is_soft_error;

check! {
    /// ## What it does
    /// Asks the model two everyday questions as a caller, without a credential, and with one that nobody was ever given.
    ///
    /// ## Why it matters
    /// Every call costs its owner money, and what the model can see and do is open to everybody.
    ///
    /// ## How it is confirmed
    /// The document asks for a sign-in; the caller is answered; a stranger is answered in the same form; and the
    /// stranger's answers to two different questions differ in more than numbers and what of the questions they repeat,
    /// or the sum that one of them asks for was done: so they are no fixed text.
    ///
    /// ## When it stays silent
    /// Where the document declares the operation public, and for refusals with any status, also those that come as an
    /// ordinary answer. Where the document says nothing of sign-in it is suspected.
    ///
    /// ## References
    /// OWASP LLM10:2025, API2:2023, CWE-306
    Unauthenticated {
        id: "llm/unauthenticated",
        title: "A model answers anybody",
        severity: High,
        level: Active,
        owasp: ["LLM10:2025", "API2:2023"],
        cwe: [306],
        remedy: "require-authentication",
        since: "0.2.0",
    }
}

const OTHER: &str = "What is seventeen plus five? Answer with a number and nothing else.";
/// Another sum, for whom the first one may have come by chance.
const ANOTHER: &str = "What is thirty-one plus sixteen? Answer with a number and nothing else.";

impl Check for Unauthenticated {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 5)
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move {
            let talk = match Talk::open(cx.talking(), acting) {
                Ok(talk) => talk,
                Err(silence) => return Verdict::Silent(silence),
            };
            run(&talk).await.unwrap_or_else(Stop::verdict)
        })
    }
}

async fn run(talk: &Talk<'_>) -> Result<Verdict, Stop> {
    if talk.shows {
        return Ok(skipped("its siblings are asked: the same callers may use them", None));
    }
    let operation = &talk.acting.operation;
    match operation.security {
        Security::Public => return Ok(held("public by the document")),
        Security::Optional(_) => return Ok(held("public to those who do not sign in, by the document")),
        Security::Unstated | Security::Required(_) => {}
    }
    let who = talk.first();
    if who == ANONYMOUS {
        return Ok(inconclusive("nobody is signed in, so that there is nothing to compare with", None));
    }
    let stranger = Pair::ask(talk, &Caller::Anonymous).await?;
    let Some(first) = &stranger.answered() else {
        let code = stranger.one.answer.status();
        if !matches!(code, Some(401 | 403)) && Pair::ask(talk, &Caller::named(&who)).await?.answered().is_none() {
            return Ok(inconclusive(format!("not tested: {who} is not answered either"), None));
        }
        return Ok(held(format!(
            "a caller without a credential is not answered (status {})",
            status(&stranger.one.answer)
        )));
    };
    let own = Pair::ask(talk, &Caller::named(&who)).await?;
    if stranger.refuses() && !own.refuses() {
        return Ok(held("a caller without a credential is told to sign in"));
    }
    if own.answered().is_none() {
        return Ok(inconclusive(format!("not tested: {who} is not answered either"), None));
    }
    let garbage = talk.say(&Caller::Garbage(who.clone()), &Prompt::one(BENIGN), 0).await?;
    let mut proof = Proof::default();
    match operation.security {
        Security::Required(_) => {
            proof.clause("document-asks-for-sign-in", true, "the operation has a security requirement")
        }
        _ => proof.open("document-asks-for-sign-in", "the document says nothing of who may ask"),
    };
    proof.clause(
        "stranger-is-answered",
        true,
        "without a credential, two questions were answered in the caller's own form",
    );
    // A number may stand in an answer for other reasons: two sums are none.
    let varied = stranger.varies() || stranger.computes() && computes_another(talk).await?;
    proof.clause("is-no-fixed-text", varied, "two different questions brought two different answers");
    proof
        .withhold(Role::Attack, &first.answer)
        .withhold(Role::Baseline, &own.one.answer)
        .withhold(Role::Control, &garbage.answer);
    if !varied {
        return Ok(held("strangers are told one fixed text, whatever they ask"));
    }
    Ok(proof.broken(Finding {
        site: "header:Authorization".to_owned(),
        cause: operation.path.clone(),
        claim: "the model answered a caller without any credential as it answers one that is signed in".to_owned(),
        severity: Some(Severity::High),
        surveyed: talk.acting,
    }))
}

/// The answers to both questions.
struct Pair {
    one: Arc<Said>,
    two: Arc<Said>,
}

impl Pair {
    async fn ask(talk: &Talk<'_>, caller: &Caller) -> Result<Self, Stop> {
        let one = talk.say(caller, &Prompt::one(BENIGN), 0).await?;
        if !is_answer(&one) {
            // Who is refused once is not asked again.
            return Ok(Self { two: Arc::clone(&one), one });
        }
        Ok(Self { two: talk.say(caller, &Prompt::one(OTHER), 0).await?, one })
    }

    fn answered(&self) -> Option<&Arc<Said>> {
        (is_answer(&self.one) && is_answer(&self.two)).then_some(&self.one)
    }

    /// Whether the two questions brought two answers that differ in more than what of the questions they repeat, and in
    /// numbers and ids, which every answer may have anew.
    fn varies(&self) -> bool {
        remainder(&self.one) != remainder(&self.two)
    }

    /// Whether the sum was done, and only where it was asked for: no fixed text does that.
    fn computes(&self) -> bool {
        let sum = |said: &Said| has_sum(said, ("22", "twenty-two"));
        sum(&self.two) && !sum(&self.one)
    }

    /// Whether both answers turn the caller away in words.
    fn refuses(&self) -> bool {
        [&self.one, &self.two].iter().all(|said| turns_away(&said.reading.said()))
    }
}

fn has_sum(said: &Said, (digits, words): (&str, &str)) -> bool {
    let text = normal(&said.reading.said());
    text.split(|character: char| !character.is_alphanumeric()).any(|word| word == digits) || text.contains(words)
}

/// Whether a stranger gets another sum too.
async fn computes_another(talk: &Talk<'_>) -> Result<bool, Stop> {
    let said = talk.say(&Caller::Anonymous, &Prompt::one(ANOTHER), 0).await?;
    Ok(is_answer(&said) && has_sum(&said, ("47", "forty-seven")))
}

fn is_answer(said: &Said) -> bool {
    let soft = said.answer.response().is_none_or(is_soft_error);
    said.usable().is_ok() && !soft && !said.reading.said().trim().is_empty()
}

/// An answer without the words of both questions and without words that have digits in them.
fn remainder(said: &Said) -> Vec<String> {
    let letters = |text: &str| -> Vec<String> {
        normal(text).split(|character: char| !character.is_alphanumeric()).map(str::to_owned).collect()
    };
    let asked: Vec<String> = [BENIGN, OTHER].into_iter().flat_map(letters).collect();
    let telling = |word: &String| {
        !word.is_empty() && !asked.contains(word) && !word.contains(|character: char| character.is_ascii_digit())
    };
    letters(&said.reading.said()).into_iter().filter(telling).collect()
}

/// Words with which somebody who is not signed in is sent away in an ordinary answer.
fn turns_away(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "sign in",
        "signed in",
        "sign-in",
        "log in",
        "logged in",
        "login",
        "log-in",
        "authenticat",
        "unauthori",
        "not authori",
        "api key",
        "credential",
        "access denied",
        "forbidden",
    ];
    let text = normal(text);
    is_refusal(&text) || WORDS.iter().any(|words| text.contains(words))
}
