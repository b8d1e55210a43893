//! What a scan writes: throw-away accounts, objects of its own, changes of these alone; each noted before it leaves,
//! and undone at the end.

mod accounts;
mod bodies;
mod cleanup;
mod fields;
mod items;
mod kinds;
mod maker;
mod repair;
mod signup;

pub use accounts::{Account, AccountMaker, Accounts, identity_of, password_of};
pub use bodies::{Body, Change, Reference, body, change, is_privilege, marker, owner_fields, put, references};
pub use cleanup::{Cleaned, Leftover, clean_up, is_tombstone};
pub use fields::{Field, by_name, fields, is_email, plain};
pub use items::{is_item_of, items, list, shape, values_for};
pub use kinds::{Acting, Kind, acting, acting_of};
pub use maker::{Created, Maker, NotMade, Unusual, Unusually, carries, id_value, objects_in};
pub use repair::{Complaint, complaints, mend};
pub use signup::{PASSWORD, Persona, sign_up_body};
