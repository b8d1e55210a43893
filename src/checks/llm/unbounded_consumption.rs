//! `llm/unbounded-consumption`.

use super::{build_finding, open_first, plan_calls};
use crate::act::{Acting, resolve_schema, schema_fields};
use crate::checks::acting::ActCx;
use crate::checks::meta::check;
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, nothing_found, status_text};
use crate::conversation::measure::{self, Long, OutputLength};
use crate::conversation::{Reply, Talk};
use crate::model::{Role, Silence};

check! {
    /// ## What it does
    /// Asks a question behind 20,000 characters of filler, asks for 100 lines and for 400, and asks one everyday question
    /// six times without a pause.
    ///
    /// ## Why it matters
    /// Models are paid by the token, in and out. Without bounds one caller can run up any bill.
    ///
    /// ## How it is confirmed
    /// The long question is read to its end: a random word that stands there comes back. Four times as many lines as
    /// before are written in full, with the largest answer that the caller may wish for. All calls in a row are answered.
    /// And neither the document nor any answer speaks of a limit. Where one of the first three is not so, or cannot be
    /// decided, it is suspected. What is measured is what the claim says and no more. A quota a day, or a bound beyond these
    /// sizes, would not show: trying would cost what the check warns of. So it is never more than low.
    ///
    /// ## When it stays silent
    /// When the long question is refused, when a call in a row is not answered, when answers carry headers of a rate
    /// limit, or when the document bounds the prompt or declares 429.
    ///
    /// ## References
    /// OWASP LLM10:2025, API4:2023, CWE-770
    UnboundedConsumption {
        id: "llm/unbounded-consumption",
        title: "Nothing bounds what one caller can have a model do",
        severity: Low,
        level: Intrusive,
        owasp: ["LLM10:2025", "API4:2023"],
        cwe: [770],
        remedy: "model-bounds",
        since: "0.2.0",
        plan: |cx, operation| plan_calls(cx, operation, 10),
        phase: Properties,
        write: check_unbounded_use,
    }
}

async fn check_unbounded_use(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let talk = open_first(cx, acting, "the bounds are the same")?;
    is_unbounded_by_document(&talk)?;
    let who = talk.first();
    let benign = talk.everyday(&who).await?;
    let long = measure::ask_long_question(&talk, &who).await?;
    if long.said.answer.response().is_some_and(|response| !response.is_success()) {
        return Err(explain_refusal(&long.said, &benign, "a question of 20,000 characters is refused"));
    }
    long.said.judged()?;
    announces_none(&[&benign, &long.said])?;
    let written = measure::ask_for_lines(&talk, &who).await?;
    let everyday = benign.reading.said();
    let same = [&long.said, &written.more].iter().all(|said| said.reading.said().trim() == everyday.trim());
    let unread = "not tested: whatever is asked gets the same words, so nothing shows what is read";
    ensure(!same, || Silence::undecided(unread))?;
    let last = match measure::send_burst(&talk, &who).await? {
        Ok(last) => last,
        Err(refused) => {
            let calls = format!("of {} calls in a row one was not answered", measure::BURST);
            return Err(explain_refusal(&refused, &benign, &calls));
        }
    };
    announces_none(&[&last])?;
    prove_unbounded(&talk, &long, &written, &benign, &last)
}

/// Passes where the document bounds neither how often a caller may ask nor how much.
fn is_unbounded_by_document(talk: &Talk<'_>) -> Result<(), Silence> {
    let declared = talk.acting.operation.responses.iter().any(|response| response.status == "429");
    ensure(!declared, || Silence::not_applicable("the document declares a limit of the rate (429)"))?;
    let prompt = talk.facing.prompt.as_deref().and_then(|pointer| pointer.split('/').nth(1)).unwrap_or_default();
    let api = talk.cx.maker.api;
    let schema = talk.acting.content.as_ref().and_then(|content| content.schema);
    let field = schema.and_then(|schema| schema_fields(api, schema).into_iter().find(|field| field.name == prompt));
    let bounded = field.and_then(|field| resolve_schema(api, field.schema)?.max_length).is_some();
    ensure(!bounded, || Silence::not_applicable("the document bounds the length of the prompt"))
}

/// Returns what the refusal of too much amounts to: a limit of the rate is a bound too.
fn explain_refusal(refused: &Reply, benign: &Reply, what: &str) -> Silence {
    let because = format!("{what} (status {})", status_text(&refused.answer));
    match refused.answer.status() {
        Some(429) => Silence::withstood(&refused.answer.exchange, &benign.answer.exchange, because),
        _ => defence_held(&refused.answer, &benign.answer, because),
    }
}

/// Passes where no answer has a header that announces a limit.
fn announces_none(answers: &[&Reply]) -> Result<(), Silence> {
    let announced = answers.iter().find_map(|said| Some((said, measure::announced_limit(said)?)));
    announced.map_or(Ok(()), |(said, header)| {
        Err(nothing_found(&said.answer, format!("they announce a limit (`{header}`)")))
    })
}

fn prove_unbounded(talk: &Talk<'_>, long: &Long, written: &OutputLength, benign: &Reply, last: &Reply) -> CheckResult {
    let (few, many) = written.lines;
    let (lines, more) = (measure::LINES, measure::LINES * 4);
    let read = match long.to_its_end {
        true => "a random word that stands at its end came back",
        false => "a random word that stands at its end did not come back: it may have been cut",
    };
    let calls = format!("{} calls without a pause were all answered", measure::BURST);
    let sure = |holds: bool| holds.then_some(true);
    let mut rule = Rule::default();
    let long_answered = long.said.usable().is_ok();
    rule.weigh("long-question-answered", long_answered, "a question of 20,000 characters was answered");
    rule.weigh("read-to-its-end", sure(long.to_its_end), read);
    let wrote = format!("asked for {lines} and {more} lines, it wrote {few} and {many}");
    rule.weigh("writes-as-much-as-wished", sure(written.as_wished()), wrote);
    rule.weigh("answers-as-often-as-asked", last.usable().is_ok(), calls);
    rule.weigh(
        "no-limit-announced",
        measure::announced_limit(last).is_none(),
        "neither the document nor an answer speaks of one",
    );
    rule.withhold(Role::Attack, &long.said.answer).withhold(Role::Attack, &written.more.answer);
    rule.withhold(Role::Baseline, &benign.answer).withhold(Role::Control, &last.answer);
    let claim = match long.to_its_end && written.as_wished() {
        true => format!(
            "the model read 20,000 characters, wrote {many} lines because the caller wished them, and answered every call; nothing announces a limit"
        ),
        false => "the model took a question of 20,000 characters, and nothing announces a limit".to_owned(),
    };
    rule.found(Violation { site: "body".to_owned(), ..build_finding(talk, claim, None) })
}
