//! Whose object, whose function.

use crate::checks::meta::family;

mod account_write;
mod foreign;
mod ids;
mod making;
pub(super) mod marks;
pub(super) mod principals;
mod probing;
mod reaching;
pub(super) mod swapped;

family![
    bola_read::BolaRead,
    bola_write::BolaWrite,
    bola_delete::BolaDelete,
    bola_body::BolaBody,
    bola_list::BolaList,
    bola_nested::BolaNested,
    existence_oracle::ExistenceOracle,
    predictable_id::PredictableId,
    function_read::FunctionRead,
    function_write::FunctionWrite,
    role_escalation::RoleEscalation,
    method_override::MethodOverride,
    trusted_header::TrustedHeader,
];

pub(super) use bola_body::addressed;
