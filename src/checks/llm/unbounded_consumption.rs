//! `llm/unbounded-consumption`.

use super::consumption::{self, Long, Written};
use super::need;
use crate::act::{Acting, fields, plain};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status};
use crate::conversation::{Said, Stop, Talk};
use crate::model::{Operation, Role, Verdict};

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
    /// told, it is suspected. What is measured is what the claim says and no more. A quota a day, or a bound beyond these
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
    }
}

impl Check for UnboundedConsumption {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 10)
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

    fn phase(&self) -> Phase {
        Phase::Properties
    }
}

async fn run(talk: &Talk<'_>) -> Result<Verdict, Stop> {
    if talk.shows {
        return Ok(skipped("its siblings are asked: the bounds are the same", None));
    }
    if talk.acting.operation.responses.iter().any(|response| response.status == "429") {
        return Ok(held("the document declares a limit of the rate (429)"));
    }
    let prompt = talk.facing.prompt.as_deref().and_then(|pointer| pointer.split('/').nth(1)).unwrap_or_default();
    let api = talk.cx.maker.api;
    let schema = talk.acting.content.as_ref().and_then(|content| content.schema);
    let field = schema.and_then(|schema| fields(api, schema).into_iter().find(|field| field.name == prompt));
    if field.and_then(|field| plain(api, field.schema)?.max_length).is_some() {
        return Ok(held("the document bounds the length of the prompt"));
    }
    let who = talk.first();
    let benign = talk.benign(&who).await?;
    if let Err(because) = benign.usable() {
        return Ok(inconclusive(format!("not tested: {because}"), None));
    }
    let long = consumption::long(talk, &who).await?;
    if long.said.usable().is_err() {
        return Ok(held("a question of 20,000 characters is not answered"));
    }
    if let Some(header) = limit(&benign).or_else(|| limit(&long.said)) {
        return Ok(held(format!("answers announce a limit (`{header}`)")));
    }
    let written = consumption::written(talk, &who).await?;
    let everyday = benign.reading.said();
    let same = |said: &Said| said.reading.said().trim() == everyday.trim();
    if same(&long.said) && same(&written.more) {
        return Ok(inconclusive(
            "not tested: whatever is asked gets the same words, so nothing shows what is read",
            None,
        ));
    }
    let last = match consumption::burst(talk, &who).await? {
        Ok(last) => last,
        Err(refused) => {
            let status = status(&refused.answer);
            return Ok(held(format!(
                "of {} calls in a row one was not answered (status {status})",
                consumption::BURST
            )));
        }
    };
    if let Some(header) = limit(&last) {
        return Ok(held(format!("answers announce a limit (`{header}`)")));
    }
    Ok(proof(talk, &long, &written, &benign, &last))
}

fn proof(talk: &Talk<'_>, long: &Long, written: &Written, benign: &Said, last: &Said) -> Verdict {
    let mut proof = Proof::default();
    proof.clause("long-question-answered", true, "a question of 20,000 characters was answered");
    if long.to_its_end {
        proof.clause("read-to-its-end", true, "a random word that stands at its end came back");
    } else {
        proof.open("read-to-its-end", "a random word that stands at its end did not come back: it may have been cut");
    }
    let (few, many) = written.lines;
    let wrote =
        format!("asked for {} and {} lines, it wrote {few} and {many}", consumption::LINES, consumption::LINES * 4);
    if written.as_wished() {
        proof.clause("writes-as-much-as-wished", true, wrote);
    } else {
        proof.open("writes-as-much-as-wished", wrote);
    }
    let calls = format!("{} calls without a pause were all answered", consumption::BURST);
    proof.clause("answers-as-often-as-asked", true, calls);
    proof.clause("no-limit-announced", true, "neither the document nor an answer speaks of one");
    proof.withhold(Role::Attack, &long.said.answer).withhold(Role::Attack, &written.more.answer);
    proof.withhold(Role::Baseline, &benign.answer).withhold(Role::Control, &last.answer);
    let sure = long.to_its_end && written.as_wished();
    let claim = match sure {
        true => format!(
            "the model read 20,000 characters, wrote {many} lines because the caller wished them, and answered every call; nothing announces a limit"
        ),
        false => "the model took a question of 20,000 characters, and nothing announces a limit".to_owned(),
    };
    proof.broken(Finding {
        site: "body".to_owned(),
        cause: talk.acting.operation.path.clone(),
        claim,
        severity: None,
        surveyed: talk.acting,
    })
}

/// A header that announces a limit.
fn limit(said: &Said) -> Option<String> {
    let headers = &said.answer.response()?.headers;
    let names = headers.iter().map(|(name, _)| name);
    names.into_iter().find(|name| name.contains("ratelimit") || name.contains("rate-limit")).cloned()
}
