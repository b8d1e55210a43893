//! Who is asked to prove who they are, and how.

use crate::checks::meta::family;

mod forgotten;
mod siblings;

family![
    missing::Missing,
    missing_write::MissingWrite,
    inconsistent::Inconsistent,
    user_enumeration::UserEnumeration,
    no_throttling::NoThrottling,
    weak_password_accepted::WeakPasswordAccepted,
    credential_in_url::CredentialInUrl,
    challenge_missing::ChallengeMissing,
];
