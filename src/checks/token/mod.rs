//! Bearer tokens: whether the server looks at what it is shown.

use crate::checks::meta::family;

pub(super) mod case;
pub(super) mod forge;
mod sign_outs;

family![
    signature_not_verified::SignatureNotVerified,
    alg_none::AlgNone,
    weak_secret::WeakSecret,
    key_confusion::KeyConfusion,
    kid_injection::KidInjection,
    embedded_key::EmbeddedKey,
    expired_accepted::ExpiredAccepted,
    claims_unchecked::ClaimsUnchecked,
    stale_role::StaleRole,
    logout_ineffective::LogoutIneffective,
    long_lived::LongLived,
    sensitive_claims::SensitiveClaims,
    predictable::Predictable,
];
