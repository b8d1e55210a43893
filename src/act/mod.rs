//! What a scan writes: throw-away accounts, objects of its own, changes of these alone; each noted before it leaves,
//! and undone at the end.

mod account_undo;
mod accounts;
mod administrator;
mod bodies;
mod cleanup;
mod credentials;
mod extra;
mod fields;
mod further;
mod identify;
mod items;
mod kinds;
mod maker;
mod named;
mod ownership;
mod privileges;
mod registration;
mod repair;
mod shown_role;
mod signup;
mod singletons;
mod spare;
mod stock;

pub use accounts::{Account, AccountMaker, Accounts, identity_of, password_of};
pub use bodies::{Body, Change, Reference, body, change, is_privilege, marker, owner_fields, put, references};
pub use cleanup::{Cleaned, Leftover, clean_up, is_tombstone};
pub use credentials::fill;
pub use extra::{Extra, SignedUp};
pub use fields::{Field, by_name, fields, is_email, plain};
pub use further::{add, declared, declared_names, remove, sent};
pub use identify::{carries, id_value, objects_in};
pub use items::{is_item_of, items, list, object_for, other_lists, shape, values_for};
pub use kinds::{Acting, Kind, acting, acting_of, ends_in_slot, is_password};
pub use maker::{Created, Maker, NotMade, Restored, Unusual, Unusually};
pub use ownership::OwnershipGuard;
pub use privileges::POWER_WORDS;
pub use repair::{Complaint, complaints, mend};
pub use signup::{PASSWORD, Persona, is_user_name, sign_up_body};
pub use spare::{Spare, SpareMaker, Unmade};
