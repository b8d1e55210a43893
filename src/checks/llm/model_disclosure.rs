//! `llm/model-disclosure`.

use super::need;
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive};
use crate::conversation::{Said, Stop, Talk};
use crate::llm::{disclosed, places_of_documents};
use crate::model::{Draft, Operation, Role, Verdict, clean_name};

check! {
    /// ## What it does
    /// Looks which fields and headers of an everyday answer name the model, its version or its vendor, and which fields of
    /// the documents that were found for it tell where the server keeps them: paths of its machine, names of its stores.
    ///
    /// ## Why it matters
    /// Who knows the model knows what is known to work against it. It is a fact, and no harm by itself.
    ///
    /// ## How it is confirmed
    /// It is an observation: the names stand in the answer.
    ///
    /// ## When it stays silent
    /// When nothing names the model, and documents are named by addresses that everybody may open.
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
            let talk = match Talk::open(cx.talking(), acting) {
                Ok(talk) => talk,
                Err(silence) => return Verdict::Silent(silence),
            };
            run(&talk).await.unwrap_or_else(Stop::verdict)
        })
    }

    fn phase(&self) -> Phase {
        Phase::Changes
    }
}

async fn run(talk: &Talk<'_>) -> Result<Verdict, Stop> {
    let benign = talk.benign(&talk.first()).await?;
    if let Err(because) = benign.usable() {
        return Ok(inconclusive(format!("not tested: {because}"), None));
    }
    let headers = benign.answer.response().map(|response| response.headers.as_slice()).unwrap_or_default();
    let mut drafts = Vec::new();
    let names = shown(&disclosed(headers, &benign.reading));
    if !names.is_empty() {
        drafts.push(observed(
            talk,
            &benign,
            "response",
            ("model-named", names.as_str()),
            "the answer names the model behind it",
        ));
    }
    let places = shown(&places_of_documents(&benign.reading));
    if !places.is_empty() {
        let claim = "the answer tells where the server keeps the documents that it found";
        drafts.push(observed(talk, &benign, "response:documents", ("place-of-documents", places.as_str()), claim));
    }
    if drafts.is_empty() {
        return Ok(held("nothing in the answer names the model"));
    }
    Ok(Verdict::Broken(drafts))
}

/// Some of the target's own names, for a sentence.
fn shown(names: &[String]) -> String {
    names.iter().take(6).map(|name| clean_name(name, 60)).collect::<Vec<_>>().join(", ")
}

fn observed(talk: &Talk<'_>, benign: &Said, site: &str, (clause, names): (&'static str, &str), claim: &str) -> Draft {
    let mut proof = Proof::default();
    proof.clause(clause, true, names);
    proof.withhold(Role::Attack, &benign.answer);
    proof.observation(Finding {
        site: site.to_owned(),
        cause: format!("{}{}", talk.acting.operation.path, site.trim_start_matches("response")),
        claim: format!("{claim} ({names})"),
        severity: None,
        surveyed: talk.acting,
    })
}
