//! Models behind an API: which operations face one, how each wire format asks and answers, and what is worth asking.
//! Pure: documents and texts in, bodies, channels and prompts out. Nothing here sends, and nothing decides on findings.

mod answer;
mod assembled;
mod authored;
mod candidate;
mod frames;
mod overlap;
mod places;
mod prompt;
mod questions;
mod recognise;
mod settings;
mod severity;
mod shapes;
mod siblings;
mod signs;
mod text;
mod told;

pub use answer::{Channel, ChannelKind, ModelReading};
pub use authored::{callers_author, is_about_prompts, speaks_of_models};
pub use candidate::{is_tried, may_face};
pub use overlap::{Overlap, common_run, containment, decodings_of, normal_text, shared_run};
pub use places::places_of_documents;
pub use prompt::{Prompt, SpeakerRole, Turn};
pub use questions::{AskTarget, BENIGN, ModelQuestion, TOPIC, Tier, questions_of_tier};
pub use recognise::{Facing, recognise_operation};
pub use settings::{Endpoint, LlmSettings, MAX_PROMPT_CHARS, MAX_PROMPTS};
pub use severity::severity_of_prompt;
pub use shapes::{MAX_EVENTS, MAX_READ_BYTES, WireFormat, build_request_body, read_model_answer};
pub use siblings::{SiblingGroup, find_chain, first_of_chain};
pub use signs::{QuestionExchange, disclosed_names, signs_of_model, word_question};
pub use text::{
    Manner, classify_instructions, has_number, is_instruction, is_refusal, strings_of_body, turns_away,
    without_refusals, without_talk, words_beyond,
};
pub use told::{PromptCarrier, Told, texts_for_model, token_ids};
