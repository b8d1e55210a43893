//! `llm/unbounded-consumption`.

use super::talk::{Said, Stop, Talk, need};
use crate::act::{Acting, fields, plain};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::llm::{BENIGN, Prompt};
use crate::model::{Operation, Role, Verdict};
use crate::probe::Caller;

check! {
    /// ## What it does
    /// Asks one everyday question behind 20,000 characters of filler, and looks whether answers announce any limit.
    ///
    /// ## Why it matters
    /// Models are paid by the token, in and out. Without bounds one caller can run up any bill.
    ///
    /// ## How it is confirmed
    /// It is only ever suspected: the long question is answered, neither the document nor an answer speaks of a limit on
    /// length, calls or tokens; whether one sets in later is not tried, since it would cost what it warns of.
    ///
    /// ## When it stays silent
    /// When the long question is refused, when answers carry headers of a rate limit, or when the document bounds the
    /// prompt or declares 429.
    ///
    /// ## References
    /// OWASP LLM10:2025, API4:2023, CWE-770
    UnboundedConsumption {
        id: "llm/unbounded-consumption",
        title: "A model takes input of any length and announces no limit",
        severity: Low,
        level: Intrusive,
        owasp: ["LLM10:2025", "API4:2023"],
        cwe: [770],
        remedy: "model-bounds",
        since: "0.2.0",
    }
}

/// Characters of filler.
const FILLER: usize = 20_000;

impl Check for UnboundedConsumption {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 2)
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

    fn turn(&self) -> u8 {
        3
    }
}

async fn run(talk: &Talk<'_>) -> Result<Verdict, Stop> {
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
    let long = Prompt::one(format!("{BENIGN}\n\n{}", "lorem ipsum dolor ".repeat(FILLER / 18)));
    let said = talk.say(&Caller::named(&who), &long, 0).await?;
    if said.usable().is_err() {
        return Ok(held("a question of 20,000 characters is not answered"));
    }
    if let Some(header) = limit(&benign).or_else(|| limit(&said)) {
        return Ok(held(format!("answers announce a limit (`{header}`)")));
    }
    let mut proof = Proof::default();
    proof.clause("long-question-answered", true, "a question of 20,000 characters was answered");
    proof.clause("no-limit-announced", true, "neither the document nor an answer speaks of one");
    proof.open("no-limit-at-all", "whether one sets in later is not tried");
    proof.withhold(Role::Attack, &said.answer).withhold(Role::Baseline, &benign.answer);
    Ok(proof.broken(Finding {
        site: "body".to_owned(),
        cause: talk.acting.operation.path.clone(),
        claim: "the model took a question of 20,000 characters, and nothing announces a limit".to_owned(),
        severity: None,
        surveyed: talk.acting,
    }))
}

/// A header that announces a limit.
fn limit(said: &Said) -> Option<String> {
    let headers = &said.answer.response()?.headers;
    let names = headers.iter().map(|(name, _)| name);
    names.into_iter().find(|name| name.contains("ratelimit") || name.contains("rate-limit")).cloned()
}
