//! What stands in answers that should not.

use crate::checks::meta::family;

family![personal_data::PersonalData, stack_trace::StackTrace];
