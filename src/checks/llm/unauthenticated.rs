//! `llm/unauthenticated`.

use std::sync::Arc;

use super::{build_finding, open_first, plan_calls};
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::conversation::{Reply, ReplyUnusable, Stop, Talk};
use crate::llm::{BENIGN, Prompt, has_number, strings_of_body, turns_away, words_beyond};
use crate::model::{ANONYMOUS, Role, Security, Severity, Silence};
use crate::probe::AskCaller;
use crate::survey::is_soft_error;

check! {
    /// ## What it does
    /// Asks the model two everyday questions as a caller, without a credential, and with one that was never issued.
    ///
    /// ## Why it matters
    /// Every call costs its owner money, and what the model can see and do is open to anyone.
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
        plan: |cx, operation| plan_calls(cx, operation, 6),
        write: check_anonymous_use,
    }
}

const OTHER: &str = "What is seventeen plus five? Answer with a number and nothing else.";
/// Another sum, for whom the first one may have come by chance.
const ANOTHER: &str = "What is thirty-one plus sixteen? Answer with a number and nothing else.";

async fn check_anonymous_use(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let talk = open_first(cx, acting, "the same callers may use them")?;
    let (asks, stated) = match acting.operation.security {
        Security::Public => return Err(Silence::not_applicable("public by the document")),
        Security::Optional(_) => {
            return Err(Silence::not_applicable("public to those who do not sign in, by the document"));
        }
        Security::Unstated => (None, "the document says nothing of who may ask"),
        Security::Required(_) => (Some(true), "the operation has a security requirement"),
    };
    let who = talk.first();
    let alone = "nobody is signed in, so that there is nothing to compare with";
    ensure(who != ANONYMOUS, || Silence::not_tried(alone).with_help("configure an identity that the model answers"))?;
    let benign = talk.everyday(&who).await?;
    let stranger = TwoAnswers::ask(&talk, &AskCaller::Anonymous).await?;
    stranger.is_served(&benign)?;
    let own = TwoAnswers::ask(&talk, &AskCaller::named(&who)).await?;
    own.two.judged()?;
    let first = &stranger.one.answer;
    ensure(!stranger.refuses() || own.refuses(), || {
        defence_held(first, &own.one.answer, "a caller without a credential is told to sign in")
    })?;
    // A number may stand in an answer for other reasons: two sums are none.
    let varied = stranger.varies() || stranger.computes() && computes_another(&talk).await?;
    ensure(varied, || match own.varies() {
        true => defence_held(first, &own.one.answer, "strangers are told one fixed text, whatever they ask"),
        false => Silence::undecided(format!("strangers and {who} are told one fixed text, whatever they ask")),
    })?;
    let garbage = talk.say(&AskCaller::Garbage(who.clone()), &Prompt::one(BENIGN), 0).await?;
    let mut rule = Rule::default();
    rule.weigh("document-asks-for-sign-in", asks, stated);
    let answered = [&stranger.one, &stranger.two].iter().all(|said| is_answer(said));
    let form = "without a credential, two questions were answered in the caller's own form";
    rule.weigh("stranger-is-answered", answered, form);
    rule.weigh("is-no-fixed-text", varied, "two different questions brought two different answers");
    rule.withhold(Role::Attack, first).withhold(Role::Baseline, &own.one.answer);
    rule.withhold(Role::Control, &garbage.answer);
    let claim = "the model answered a caller without any credential as it answers one that is signed in".to_owned();
    let site = "header:Authorization".to_owned();
    rule.found(Violation { site, ..build_finding(&talk, claim, Some(Severity::High)) })
}

/// The answers to both questions.
struct TwoAnswers {
    one: Arc<Reply>,
    two: Arc<Reply>,
}

impl TwoAnswers {
    async fn ask(talk: &Talk<'_>, caller: &AskCaller) -> Result<Self, Stop> {
        let one = talk.say(caller, &Prompt::one(BENIGN), 0).await?;
        if !is_answer(&one) {
            // Who is refused once is not asked again.
            return Ok(Self { two: Arc::clone(&one), one });
        }
        Ok(Self { two: talk.say(caller, &Prompt::one(OTHER), 0).await?, one })
    }

    /// Passes where both questions were answered. What is empty or cut short is neither an answer nor a refusal.
    fn is_served(&self, control: &Reply) -> Result<(), Silence> {
        let Some(said) = [&self.one, &self.two].into_iter().find(|said| !is_answer(said)) else { return Ok(()) };
        let refused = said.answer.response().is_some_and(|response| !response.is_success() || is_soft_error(response));
        ensure(refused, || Silence::undecided(said.usable().err().unwrap_or(ReplyUnusable::Empty).to_string()))?;
        let because = format!("a caller without a credential is not answered (status {})", status_text(&said.answer));
        Err(defence_held(&said.answer, &control.answer, because))
    }

    /// Whether the two questions brought two answers that differ in more than what of their requests they repeat, and in
    /// numbers and ids, which every answer may have anew.
    fn varies(&self) -> bool {
        let telling = |it: &Reply| words_beyond(&it.reading.said(), &[BENIGN, OTHER, &strings_of_body(&it.sent)]);
        telling(&self.one) != telling(&self.two)
    }

    /// Whether the sum was done, and only where it was asked for: no fixed text does that.
    fn computes(&self) -> bool {
        let sum = |said: &Reply| has_number(&said.reading.said(), ("22", "twenty-two"));
        sum(&self.two) && !sum(&self.one)
    }

    /// Whether both answers turn the caller away in words.
    fn refuses(&self) -> bool {
        [&self.one, &self.two].iter().all(|said| turns_away(&said.reading.said()))
    }
}

/// Whether a stranger gets another sum too.
async fn computes_another(talk: &Talk<'_>) -> Result<bool, Stop> {
    let said = talk.say(&AskCaller::Anonymous, &Prompt::one(ANOTHER), 0).await?;
    Ok(is_answer(&said) && has_number(&said.reading.said(), ("47", "forty-seven")))
}

fn is_answer(said: &Reply) -> bool {
    let soft = said.answer.response().is_none_or(is_soft_error);
    said.usable().is_ok() && !soft && !said.reading.said().trim().is_empty()
}
