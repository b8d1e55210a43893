//! What is learnt before any check: who the callers are, which objects are whose, and how each operation answers its
//! owner, strangers, and questions about nothing; and what stands in those answers that should not. All checks share it.

mod baseline;
mod exposing;
mod foreign_token;
mod house;
mod leaks;
mod learn;
mod leaves;
mod links;
mod names;
mod objects;
mod ownership;
mod people;
mod personal_numbers;
mod plans;
mod refusal;
mod run;
mod slots;
mod undeclared;
mod url_credentials;

pub use baseline::{Baseline, GivenAnswer, Surveyed, is_whole};
pub use exposing::{ExposedField, exposed_fields};
pub use foreign_token::owner_of_token;
pub use house::{HouseField, house_field, sounds_internal};
pub use leaks::{LeakSearch, Leaked, Leaks, is_key_route};
pub use leaves::{Leaf, leaves, looks_volatile, same, scalar_text};
pub use links::{TokenLink, links_with_token};
pub use names::{
    BARE_IDS, ends_in_id, is_me_word, is_owner_name, is_strong_owner_name, resource_of_name, resource_of_path,
    role_mark, role_word, singular, words,
};
pub use objects::{Object, ObjectKey, Objects};
pub use ownership::{Sign, is_person, signs_of};
pub use people::{People, Person, claim_facts, me_facts, session_facts};
pub use personal_numbers::{PersonalNumber, numbers_in_both, pairs_of_strangers, personal_numbers};
pub use refusal::{Reading, is_soft_error, read, succeeds};
pub use run::{Survey, Surveyor, Tick, varying};
pub use slots::{Slot, is_uuid, missing_like, readable_base64, slots};
pub use undeclared::{UndeclaredField, schema_of, undeclared_fields};
pub use url_credentials::{credential_parameter, takes_token};
