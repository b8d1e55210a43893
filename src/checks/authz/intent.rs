//! The older name of what `checks::access` has.

pub(crate) use crate::checks::access::private_fields;
