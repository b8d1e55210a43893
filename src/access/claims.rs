//! All claims of a scan, judged together: the strongest contradiction first, and each route that breaks the policy is
//! taken out of the evidence before the rest is judged again, to a fixpoint.

use std::collections::BTreeSet;

use super::ruling::{AccessModel, Ruling};
use crate::model::{ANONYMOUS, AccessClaim, OperationId};

/// What all claims come to.
#[derive(Debug)]
pub struct Settled {
    /// One ruling a claim, in the order of the claims.
    pub rulings: Vec<Ruling>,
    /// Routes that break the policy.
    pub violators: BTreeSet<OperationId>,
}

/// Judges all claims; no claim is excused by a route that breaks the policy itself.
pub fn judge_claims(model: &AccessModel<'_>, claims: &[AccessClaim]) -> Settled {
    // That strangers are shown what signed-in callers are accuses no route: most of it is public.
    let by_users = claims.iter().filter(|claim| claim.caller != ANONYMOUS);
    let accused: BTreeSet<OperationId> = by_users.map(|claim| claim.operation.clone()).collect();
    let mut violators: BTreeSet<OperationId> = BTreeSet::new();

    // Each round adds a route, so there are at most as many as routes.
    loop {
        let rulings: Vec<Ruling> = claims.iter().map(|claim| model.judge(claim, &violators, &accused)).collect();
        // Of equal strength the first by name goes, so that two scans of one API blame the same route.
        let found = claims
            .iter()
            .zip(&rulings)
            // A route that was taken out is not found again: without this the loop would not end.
            .filter(|(claim, _)| !violators.contains(&claim.operation))
            .filter_map(|(claim, ruling)| Some((contradiction_strength(claim, ruling)?, claim)))
            .max_by_key(|(strength, claim)| (*strength, std::cmp::Reverse(claim.operation.clone())));
        match found {
            Some((_, claim)) => violators.insert(claim.operation.clone()),
            None => return Settled { rulings, violators },
        };
    }
}

/// How strong a contradiction is; none where the route is not known to break the policy. What is open to strangers comes
/// first, and is no excuse even where it is only suspected; a write that is open to them says nothing of who may read.
fn contradiction_strength(claim: &AccessClaim, ruling: &Ruling) -> Option<u8> {
    match ruling {
        Ruling::Broken { .. } if claim.caller == ANONYMOUS => claim.verb.is_read().then_some(4),
        // An exchange in which another route enforces the rule is surer than signs of it.
        Ruling::Broken { confirmed: true, control: Some(_), .. } => Some(3),
        Ruling::Broken { confirmed: true, .. } => Some(2),
        // A contested route gets no finding, yet it excuses no other route any more.
        Ruling::Contested(_) => Some(1),
        _ => None,
    }
}
