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

pub use answer::{Channel, Kind, Reading};
pub use authored::{callers_author, is_about_prompts, speaks_of_models};
pub use candidate::{is_tried, may_face};
pub use overlap::{Overlap, common_run, containment, decodings, normal, shared_run};
pub use places::places_of_documents;
pub use prompt::{Prompt, Role, Turn};
pub use questions::{BENIGN, Class, Question, TOPIC, Tier, questions};
pub use recognise::{Facing, recognise};
pub use settings::{Endpoint, MAX_PROMPT_CHARS, MAX_PROMPTS, Settings};
pub use severity::severity_of_prompt;
pub use shapes::{MAX_EVENTS, MAX_READ_BYTES, Shape, read, request};
pub use siblings::{Chain, chain, elder};
pub use signs::{Exchange, disclosed, shown, word_question};
pub use text::{
    Manner, has_number, instructs, is_instruction, is_refusal, turns_away, without_refusals, without_talk, words_beyond,
};
pub use told::{Carrier, Told, token_ids, told};
