//! What stands in answers that should not.

mod foreign_token;

use crate::checks::meta::family;

pub(super) use secret_in_response::is_secret_by_form;

family![personal_data::PersonalData, secret_in_response::SecretInResponse, stack_trace::StackTrace];
