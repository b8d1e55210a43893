//! Which kind of test a check has.

use routewarden_source::regress::AttackKind;

use super::NoTest;
use crate::report::Finding;

/// What a test shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofShape {
    /// A caller who must be refused.
    Other,
    /// A token that must not be believed.
    Token(AttackKind),
    /// Fields that must not be shown.
    Shown,
    /// Fields that must not be kept.
    Kept,
    /// An origin that must not read.
    Origin,
}

impl ProofShape {
    /// Returns it, or why there is none.
    pub(super) fn of(finding: &Finding) -> Result<ProofShape, NoTest> {
        match (finding.check.as_str(), finding.remedy.as_str()) {
            ("token/alg-none", _) => Ok(ProofShape::Token(AttackKind::UnsignedToken)),
            ("token/signature-not-verified", _) => Ok(ProofShape::Token(AttackKind::DamagedToken)),
            ("token/expired-accepted", _) => Ok(ProofShape::Token(AttackKind::OldToken)),
            ("token/weak-secret", _) => {
                Err("the key comes from where the application runs: no test of the code can hold it".into())
            }
            ("config/cors", _) => Ok(ProofShape::Origin),
            (_, "field-allow-list" | "owner-from-session") => Ok(ProofShape::Kept),
            (_, "response-schema") => Ok(ProofShape::Shown),
            (check, _) if check.starts_with("authn/") || check.starts_with("authz/") => match check {
                "authn/missing" | "authn/missing-write" | "authn/inconsistent" => Ok(ProofShape::Other),
                check if check.starts_with("authn/") => Err(no_test_shape()),
                _ => Ok(ProofShape::Other),
            },
            _ => Err(no_test_shape()),
        }
    }
}

fn no_test_shape() -> NoTest {
    "there is no shape of a test for this check yet: `recheck` holds it".into()
}
