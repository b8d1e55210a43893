//! What a model behind an operation gives away, and what it can be made to do. All of these checks ask through one
//! memory: what one has asked, another need not ask again.

use crate::checks::meta::family;

mod calling;
mod chains;
mod consumption;
mod conversation;
mod course;
mod kept;
mod meet;
mod memory;
mod needles;
mod provoke;
mod severity;
mod structural;
mod talk;
mod tool_power;
mod tool_reach;
mod unknown;

pub use meet::{Met, candidates, meet};
pub(super) use memory::Memory;

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
