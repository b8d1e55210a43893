//! Whose object, whose function.

use crate::checks::meta::family;

mod lower_role;

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
