//! The register of all checks.

use std::collections::BTreeSet;

use thiserror::Error;

use super::meta::Check;
use super::{
    authn, authz, config, data, graphql, inject, inventory, limits, llm, property, source, ssrf, token, validation,
};

/// Every check, in the order of the catalogue.
pub fn all_checks() -> Vec<&'static dyn Check> {
    let families = [
        authz::CHECKS,
        authn::CHECKS,
        token::CHECKS,
        property::CHECKS,
        data::CHECKS,
        limits::CHECKS,
        ssrf::CHECKS,
        inject::CHECKS,
        validation::CHECKS,
        config::CHECKS,
        inventory::CHECKS,
        graphql::CHECKS,
        llm::CHECKS,
        source::CHECKS,
    ];
    families.into_iter().flatten().copied().collect()
}

/// The check of this id.
pub fn find_check(id: &str) -> Option<&'static dyn Check> {
    all_checks().into_iter().find(|check| check.meta().id == id)
}

/// Returns whether a check reads the source and asks nothing.
pub fn is_of_source(check: &dyn Check) -> bool {
    check.meta().id.starts_with("source/")
}

/// A name that is neither a check nor a family.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no check or family `{name}`; the nearest is `{nearest}`")]
pub struct UnknownCheck {
    /// As it was given.
    pub name: String,
    /// The id that is most like it.
    pub nearest: &'static str,
}

/// The checks that ids and family names choose; all without any.
///
/// # Errors
/// The first name that is no check.
pub fn select_checks(wanted: &[String]) -> Result<Vec<&'static dyn Check>, UnknownCheck> {
    if wanted.is_empty() {
        return Ok(all_checks());
    }
    for name in wanted {
        let known = |check: &&dyn Check| {
            check.meta().id == name || check.meta().id.split('/').next() == Some(name.trim_end_matches("/*"))
        };
        if !all_checks().iter().any(known) {
            let nearest = all_checks()
                .into_iter()
                .map(|check| check.meta().id)
                .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
                .unwrap_or_default();
            return Err(UnknownCheck { name: name.clone(), nearest });
        }
    }
    let mut chosen: BTreeSet<&str> = all_checks()
        .iter()
        .map(|check| check.meta().id)
        .filter(|id| wanted.iter().any(|name| id == name || id.split('/').next() == Some(name.trim_end_matches("/*"))))
        .collect();
    // What a check builds on is run with it.
    let needed = all_checks().into_iter().filter(|check| chosen.contains(check.meta().id)).flat_map(Check::after);
    chosen.extend(needed.copied().collect::<Vec<_>>());
    Ok(all_checks().into_iter().filter(|check| chosen.contains(check.meta().id)).collect())
}
