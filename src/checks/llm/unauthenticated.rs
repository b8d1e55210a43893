//! `llm/unauthenticated`.

use std::sync::Arc;

use super::talk::{Said, Stop, Talk, need};
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, status};
use crate::llm::{BENIGN, Prompt, normal};
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
    /// stranger's answers to two different questions differ as the caller's do, so that they are no fixed text.
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

impl Check for Unauthenticated {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 5)
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move {
            let talk = match Talk::open(cx, acting) {
                Ok(talk) => talk,
                Err(verdict) => return verdict,
            };
            run(&talk).await.unwrap_or_else(Stop::verdict)
        })
    }
}

async fn run(talk: &Talk<'_>) -> Result<Verdict, Stop> {
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
        return Ok(held(format!(
            "a caller without a credential is not answered (status {})",
            status(&stranger.one.answer)
        )));
    };
    let own = Pair::ask(talk, &Caller::named(&who)).await?;
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
    let varied = stranger.varies() || stranger.same_as(&own);
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

    fn varies(&self) -> bool {
        normal(&self.one.reading.said()) != normal(&self.two.reading.said())
    }

    fn same_as(&self, other: &Self) -> bool {
        normal(&self.one.reading.said()) == normal(&other.one.reading.said())
            && normal(&self.two.reading.said()) == normal(&other.two.reading.said())
    }
}

fn is_answer(said: &Said) -> bool {
    let soft = said.answer.response().is_none_or(is_soft_error);
    said.usable().is_ok() && !soft && !said.reading.said().trim().is_empty()
}
