//! All claims of a scan, judged together: the strongest contradiction first, and each route that breaks the policy is
//! taken out of the evidence before the rest is judged again, to a fixpoint.

use std::collections::BTreeSet;

use super::ruling::{AccessModel, Ruling};
use crate::model::{AccessClaim, OperationId};

/// What all claims come to.
#[derive(Debug)]
pub struct Settled {
    /// One ruling a claim, in the order of the claims.
    pub rulings: Vec<Ruling>,
    /// Routes that break the policy.
    pub violators: BTreeSet<OperationId>,
}

/// Judges all claims; no claim is excused by a route that breaks the policy itself, or that other checks found to be
/// open to callers without a credential.
pub fn settle(model: &AccessModel<'_>, claims: &[AccessClaim], open: &BTreeSet<OperationId>) -> Settled {
    let accused: BTreeSet<OperationId> = claims.iter().map(|claim| claim.operation.clone()).collect();
    let mut violators: BTreeSet<OperationId> = open.clone();
    // Each round adds a route, so there are at most as many as routes.
    loop {
        let rulings: Vec<Ruling> = claims.iter().map(|claim| model.judge(claim, &violators, &accused)).collect();
        let found = claims
            .iter()
            .zip(&rulings)
            .filter(|(claim, _)| !violators.contains(&claim.operation))
            .filter_map(|(claim, ruling)| Some((strength(ruling)?, claim)))
            .max_by_key(|(strength, claim)| (*strength, std::cmp::Reverse(claim.operation.clone())));
        match found {
            Some((_, claim)) => violators.insert(claim.operation.clone()),
            None => return Settled { rulings, violators },
        };
    }
}

/// How strong a contradiction is; none where the route is not known to break the policy.
fn strength(ruling: &Ruling) -> Option<u8> {
    match ruling {
        Ruling::Broken { confirmed: true, control: Some(_), .. } => Some(3),
        Ruling::Broken { confirmed: true, .. } => Some(2),
        Ruling::Contested(_) => Some(1),
        _ => None,
    }
}
