//! What is learnt before any check: who the callers are, which objects are whose, and how each operation answers its
//! owner, strangers, and questions about nothing. All checks share it.

mod baseline;
mod learn;
mod leaves;
mod names;
mod objects;
mod ownership;
mod people;
mod plans;
mod refusal;
mod run;
mod slots;

pub use baseline::{Baseline, Surveyed, is_whole};
pub use leaves::{Leaf, leaves, looks_volatile, same, scalar_text};
pub use names::{
    BARE_IDS, ends_in_id, is_me_word, is_owner_name, is_strong_owner_name, resource_of_name, resource_of_path,
    role_mark, role_word, singular, words,
};
pub use objects::{Object, ObjectKey, Objects};
pub use ownership::{Sign, is_person, signs_of};
pub use people::{People, Person, claim_facts, me_facts, session_facts};
pub use refusal::{Reading, is_soft_error, read, succeeds};
pub use run::{Survey, Surveyor, Tick, varying};
pub use slots::{Slot, is_uuid, missing_like, readable_base64, slots};
