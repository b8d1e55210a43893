//! What is learnt before any check: who the callers are, which objects are whose, and how each operation answers its
//! owner, strangers, and questions about nothing; and what stands in those answers that should not. All checks share it.

mod baseline;
mod exposing;
mod fence;
mod foreign_token;
mod glance;
mod house;
mod ids;
mod leaks;
mod learn;
mod leaves;
mod links;
mod marks;
mod names;
mod needed;
mod objects;
mod ownership;
mod people;
mod personal_numbers;
mod plans;
mod principals;
mod refusal;
mod run;
mod slots;
mod undeclared;
mod url_credentials;

pub use baseline::{Baseline, GivenAnswer, Surveyed, is_whole};
pub use exposing::{ExposedField, exposed_fields};
pub use fence::Fence;
pub use foreign_token::owner_of_token;
pub use house::{HouseField, house_field, sounds_internal};
pub use ids::{CountableIds, IdJudgement, KnownIds, how_guessable, judge_ids, other_missing_like};
pub use leaks::{LeakSearch, Leaked, Leaks, is_key_route};
pub use leaves::{
    Leaf, is_same_answer, item_leaves, item_with_id, leaves_of, looks_volatile, present_leaves, scalar_text,
};
pub use links::{TokenLink, links_with_token};
pub use marks::{RoleMark, first_mark, higher_roles, marks_of};
pub use names::{
    BARE_IDS, ends_in_id, is_between_people, is_handed_in, is_me_word, is_owner_name, is_strong_owner_name, joined_id,
    names_counterpart, resource_of_model, resource_of_name, resource_of_path, role_mark, role_word, singular_of,
    split_words,
};
pub use needed::{Focus, find_focus};
pub use objects::{Object, ObjectKey, Objects};
pub use ownership::{Sign, is_person, signs_of};
pub use people::{People, Person, claim_facts, me_facts, session_facts};
pub use personal_numbers::{PersonalNumber, numbers_in_both, pairs_of_strangers, personal_numbers};
pub use principals::{Principals, is_about_caller, looks_like_id, names_principal, naming_parameters};
pub use refusal::{AnswerKind, is_clear_success, is_soft_error, read_refusal};
pub use run::{Survey, Surveyor, Tick, varying_paths};
pub use slots::{Slot, id_slots, is_uuid, link_word, missing_like, names_kind, readable_base64};
pub use undeclared::{UndeclaredField, schema_of, undeclared_fields};
pub use url_credentials::{credential_parameter, takes_token};
