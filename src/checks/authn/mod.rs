//! Who is asked to prove who they are, and how.

use crate::checks::meta::family;

family![missing::Missing, inconsistent::Inconsistent, challenge_missing::ChallengeMissing];
