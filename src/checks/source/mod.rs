//! What the code shows by itself, where the API does not run: read in the source, and proven by nothing.

mod cx;

use crate::checks::meta::family;

pub use cx::{SourceCx, SourceDraft};

family![ownership_missing::OwnershipMissing, auth_missing::AuthMissing, token_not_verified::TokenNotVerified,];
