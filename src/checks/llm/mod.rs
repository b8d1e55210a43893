//! What a model behind an operation gives away, and what it can be made to do. All of these checks ask through one
//! memory: what one has asked, another need not ask again.

use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, family};
use crate::llm::{elder, recognise};
use crate::model::{Mode, Operation};

mod consumption;
mod severity;
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

/// What a check of models needs of an operation: so many calls where the mode allows them.
fn need(cx: &PlanCx<'_>, operation: &Operation, calls: u32) -> Need {
    match recognise(cx.api, operation, cx.llm) {
        None => Need::NotApplicable,
        Some(_) if cx.mode == Mode::Passive => Need::Requests(0),
        Some(_) if elder(cx.api, operation, cx.llm).is_some() => Need::Requests(0),
        Some(_) => Need::Requests(calls),
    }
}
