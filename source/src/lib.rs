//! Reads the source of a web application: which routes it declares, what guards them, whether a handler ties the object
//! that it loads to its caller, and how to mend one that does not. Reads text only: it never imports or runs the code,
//! and it never writes.
//!
//! `tree` reads the files, `lang` lowers each language into one small syntax tree (`ir`), `project` resolves names across
//! files, `frameworks` finds the routes (`routes`), `tokens` finds credentials that are not handled as such, `fix` proposes
//! changes, `regress` tests that hold them.

pub mod fix;
pub mod frameworks;
mod guard_words;
pub mod ir;
pub mod lang;
mod maps;
mod parallel;
pub mod project;
pub mod reading;
pub mod regress;
pub mod routes;
pub mod tokens;
pub mod tree;
mod words;
