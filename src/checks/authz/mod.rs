//! Whose object, whose function.

use crate::checks::meta::family;

pub(super) mod intent;
pub(super) mod principals;
pub(super) mod swapped;

family![
    bola_read::BolaRead,
    bola_write::BolaWrite,
    bola_delete::BolaDelete,
    bola_body::BolaBody,
    method_override::MethodOverride,
    trusted_header::TrustedHeader,
    bola_list::BolaList,
    bola_nested::BolaNested,
    function_read::FunctionRead,
];

pub(super) use bola_body::{addressed, target};
pub(super) use bola_write::no_target;
