//! Who is asked to prove who they are, and how.

use crate::checks::meta::family;

family![missing::Missing, missing_write::MissingWrite, inconsistent::Inconsistent, challenge_missing::ChallengeMissing];
