//! What input does that nobody meant.

use crate::checks::meta::family;

family![server_error::ServerError];
