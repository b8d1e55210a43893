//! What stands in answers that should not.

use crate::checks::meta::family;

family![stack_trace::StackTrace];
