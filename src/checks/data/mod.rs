//! What stands in answers that should not.

use crate::checks::meta::family;

family![personal_data::PersonalData, secret_in_response::SecretInResponse, stack_trace::StackTrace];
