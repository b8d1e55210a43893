//! What a model behind an operation gives away, and what it can be made to do. All of these checks ask through one
//! memory: what one has asked, another need not ask again.

use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, family};
use crate::checks::rule::{Violation, ensure};
use crate::conversation::Talk;
use crate::llm::{first_of_chain, recognise_operation};
use crate::model::{Mode, Operation, Severity, Silence};

mod instructions;
mod structural;
mod tool_power;
mod tool_reach;

family![
    token_leak::TokenLeak,
    system_prompt_leak::SystemPromptLeak,
    instruction_override::InstructionOverride,
    cross_user_leak::CrossUserLeak,
    tool_abuse::ToolAbuse,
    unsafe_output::UnsafeOutput,
    unauthenticated::Unauthenticated,
    unbounded_consumption::UnboundedConsumption,
    model_disclosure::ModelDisclosure,
];

/// Returns what a check of models needs of an operation: so many calls where the mode allows them.
fn plan_calls(cx: &PlanCx<'_>, operation: &Operation, calls: u32) -> Need {
    match recognise_operation(cx.api, operation, cx.llm) {
        None => Need::NotApplicable,
        Some(_) if cx.mode == Mode::Passive => Need::Requests(0),
        Some(_) if first_of_chain(cx.api, operation, cx.llm).is_some() => Need::Requests(0),
        Some(_) => Need::Requests(calls),
    }
}

/// Opens a conversation with the model behind an operation.
///
/// # Errors
/// The silence where there is none, or the mode forbids it.
fn open_conversation<'a>(cx: &ActCx<'a>, acting: &'a Acting) -> Result<Talk<'a>, Silence> {
    Talk::open(cx.talking(), acting)
}

/// The same, for what is the same with all operations of a chain.
fn open_first<'a>(cx: &ActCx<'a>, acting: &'a Acting, same: &str) -> Result<Talk<'a>, Silence> {
    let talk = open_conversation(cx, acting)?;
    ensure(!talk.shows, || Silence::not_tried(format!("its siblings are asked: {same}")))?;
    Ok(talk)
}

/// Returns the finding about what the model behind an operation answers.
fn build_finding<'a>(talk: &'a Talk<'_>, claim: String, severity: Option<Severity>) -> Violation<'a> {
    let cause = talk.acting.operation.path.clone();
    Violation { site: "response".to_owned(), cause, claim, severity, surveyed: talk.acting }
}
