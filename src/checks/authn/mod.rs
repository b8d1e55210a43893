//! Who is asked to prove who they are, and how.

use crate::checks::meta::family;

family![
    missing::Missing,
    inconsistent::Inconsistent,
    credential_in_url::CredentialInUrl,
    challenge_missing::ChallengeMissing,
];
