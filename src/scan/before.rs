//! What is there before a scan writes anything: its callers sign in, and each read is looked at once.

use std::sync::Arc;

use crate::model::{Api, Operation};
use crate::probe::{Probe, SignInError};
use crate::survey::{Survey, Surveyor};

/// What was there before the first write.
#[derive(Debug, Clone)]
pub struct Before {
    /// What the reads showed.
    pub(super) survey: Arc<Survey>,
    /// Who could not sign in; that is not tried again.
    pub(super) failed: Vec<SignInError>,
}

/// Looks at the API as the callers of the configuration, or as a stranger where there are none.
pub async fn look_before(
    api: &Arc<Api>,
    probe: &Probe,
    owns: Vec<(String, String, Vec<String>)>,
    excluded: &(dyn Fn(&Operation) -> bool + Sync),
) -> Before {
    let failed = open_sessions(probe, &[], &|_, _| {}).await;
    let surveyor =
        Surveyor { api: Arc::clone(api), probe, owns, excluded, focus: None, created: Vec::new(), facts: Vec::new() };
    Before { survey: Arc::new(surveyor.glance().await), failed }
}

/// Signs in who has no session yet and was not refused one; who could not be signed in. `ticked` is called with the steps
/// done and in all.
pub(super) async fn open_sessions(
    probe: &Probe,
    refused: &[SignInError],
    ticked: &(dyn Fn(u64, u64) + Sync),
) -> Vec<SignInError> {
    let identities = probe.identities();
    let mut failed = refused.to_vec();

    for (index, identity) in identities.iter().enumerate() {
        ticked(index as u64, identities.len() as u64);
        // A refused sign-in is not repeated: many servers lock an account after a few failures.
        let is_known = probe.sessions().get(&identity.name).is_some()
            || refused.iter().any(|error| error.identity() == identity.name);
        if is_known {
            continue;
        }
        if let Err(error) = probe.sign_in(identity).await {
            failed.push(error);
        }
    }

    failed
}
