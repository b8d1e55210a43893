//! `llm/model-disclosure`.

use super::talk::{Stop, Talk, need};
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::llm::disclosed;
use crate::model::{Operation, Role, Verdict, clean_name};

check! {
    /// ## What it does
    /// Looks which fields and headers of an everyday answer name the model, its version or its vendor.
    ///
    /// ## Why it matters
    /// Who knows the model knows what is known to work against it. It is a fact, and no harm by itself.
    ///
    /// ## How it is confirmed
    /// It is an observation: the names stand in the answer.
    ///
    /// ## When it stays silent
    /// When nothing names the model.
    ///
    /// ## References
    /// OWASP LLM02:2025, CWE-200
    ModelDisclosure {
        id: "llm/model-disclosure",
        title: "An answer names the model behind it",
        severity: Info,
        level: Active,
        owasp: ["LLM02:2025"],
        cwe: [200],
        remedy: "model-bounds",
        since: "0.2.0",
    }
}

impl Check for ModelDisclosure {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        need(cx, operation, 1)
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
        1
    }
}

async fn run(talk: &Talk<'_>) -> Result<Verdict, Stop> {
    let benign = talk.benign(&talk.first()).await?;
    if let Err(because) = benign.usable() {
        return Ok(inconclusive(format!("not tested: {because}"), None));
    }
    let headers = benign.answer.response().map(|response| response.headers.as_slice()).unwrap_or_default();
    let told = disclosed(headers, &benign.reading);
    if told.is_empty() {
        return Ok(held("nothing in the answer names the model"));
    }
    let names: Vec<String> = told.iter().take(6).map(|name| clean_name(name, 60)).collect();
    let mut proof = Proof::default();
    proof.clause("model-named", true, names.join(", "));
    proof.withhold(Role::Attack, &benign.answer);
    Ok(proof.observed(Finding {
        site: "response".to_owned(),
        cause: talk.acting.operation.path.clone(),
        claim: format!("the answer names the model behind it ({})", names.join(", ")),
        severity: None,
        surveyed: talk.acting,
    }))
}
