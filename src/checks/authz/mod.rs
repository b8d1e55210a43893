//! Whose object, whose function.

use crate::checks::meta::family;

pub(super) mod intent;
pub(super) mod marks;
mod probing;
mod reaching;

family![
    bola_read::BolaRead,
    bola_write::BolaWrite,
    bola_delete::BolaDelete,
    bola_list::BolaList,
    bola_nested::BolaNested,
    function_read::FunctionRead,
    function_write::FunctionWrite,
    role_escalation::RoleEscalation,
];
