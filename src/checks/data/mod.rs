//! What stands in answers that should not.

mod foreign_token;
mod leaks;

use crate::checks::meta::family;

pub(super) use leaks::is_secret_by_form;

family![personal_data::PersonalData, secret_in_response::SecretInResponse, stack_trace::StackTrace];
