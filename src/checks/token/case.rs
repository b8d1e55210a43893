//! What all forgeries share: a protected route, a caller with a JWT, and what it means to be accepted.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::forge::{self, SigningKey};
use crate::checks::context::{CheckCx, PlanCx, present};
use crate::checks::meta::{Need, Running};
use crate::checks::proof::{Proof, held, inconclusive, skipped, unsent};
use crate::detect::jwt::Jwt;
use crate::model::{Operation, Role, Secret, Verdict};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Baseline, Leaf, Reading, Surveyed, leaves, same, words};

/// A protected route with a caller whose token can be forged.
pub(crate) struct Case<'a> {
    pub(crate) surveyed: &'a Surveyed,
    pub(crate) baseline: &'a Baseline,
    pub(crate) jwt: Jwt,
}

/// What came of sending a forged token.
pub(crate) enum Sent {
    /// Served as if it were real.
    Accepted(Arc<Answer>),
    /// Refused, with the reason.
    Refused(Arc<Answer>, String),
    /// Nothing can be said.
    Unclear(String),
}

/// Forgeries concern reads, and need an identity whose token is forged.
pub(crate) fn need(cx: &PlanCx<'_>, operation: &Operation, requests: u32) -> Need {
    if !PlanCx::is_read(operation) || cx.identities.is_empty() { Need::NotApplicable } else { Need::Requests(requests) }
}

/// What a forgery does with a protected route.
type Forgery = for<'c> fn(&'c CheckCx<'c>, &'c Case<'c>) -> BoxFuture<'c, Result<Verdict, SendError>>;

/// Runs a forgery where its precondition holds.
pub(crate) fn forging<'a>(cx: &'a CheckCx<'a>, surveyed: &'a Surveyed, forgery: Forgery) -> Running<'a> {
    Box::pin(async move {
        match case(cx, surveyed) {
            Ok(case) => forgery(cx, &case).await.unwrap_or_else(|error| unsent(&error)),
            Err(verdict) => verdict,
        }
    })
}

/// The precondition of every forgery (METHODS 3.1): the valid token is served, nobody and a garbage token are refused.
///
/// # Errors
/// The verdict where it does not hold.
fn case<'a>(cx: &CheckCx<'_>, surveyed: &'a Surveyed) -> Result<Case<'a>, Verdict> {
    let jwt_of = |name: &str| cx.probe.sessions().get(name).and_then(|session| session.jwt());
    let with_jwt = surveyed.valid().find_map(|baseline| Some((baseline, jwt_of(&baseline.caller)?)));
    let Some((baseline, jwt)) = with_jwt else {
        let any = cx.survey.people.all.iter().any(|person| jwt_of(&person.name).is_some());
        return Err(if any {
            held("no caller with a JWT is served here")
        } else {
            skipped("no identity uses a JWT", None)
        });
    };
    match (surveyed.anonymous_reading(), surveyed.garbage_reading()) {
        (Some(Reading::Refused(_)), Some(Reading::Refused(_))) => Ok(Case { surveyed, baseline, jwt }),
        // Where any token or none works, a forged one shows nothing.
        (Some(Reading::Data), _) => Err(held("the route does not ask for a token")),
        (_, Some(Reading::Data)) => Err(held("any token is served here: see authn/inconsistent")),
        _ => Err(inconclusive("the answers to strangers could not be judged", None)),
    }
}

impl Case<'_> {
    /// Sends the rightful request with another token.
    pub(crate) async fn send(
        &self,
        cx: &CheckCx<'_>,
        label: &str,
        token: &Secret,
        round: u8,
    ) -> Result<Sent, SendError> {
        let identity = self.baseline.caller.clone();
        cx.probe.redactor().learn(&format!("forged token of {identity}"), token);
        let caller = Caller::Forged { identity, token: token.clone(), label: label.to_owned() };
        let answer = cx.send(&CheckCx::as_caller(self.baseline, caller).again(round)).await?;
        Ok(match CheckCx::reading(self.surveyed, &answer, &self.baseline.masks, &[]) {
            Reading::Refused(because) => Sent::Refused(answer, because),
            Reading::NoData(because) => Sent::Unclear(because),
            Reading::Data if self.is_accepted(&answer) => Sent::Accepted(answer),
            Reading::Data => Sent::Refused(answer, "an answer without the caller's data".to_owned()),
        })
    }

    /// The same claims with a random signature; one token per caller, so that all checks share its requests.
    pub(crate) async fn with_random_signature(&self, cx: &CheckCx<'_>, round: u8) -> Result<Sent, SendError> {
        let token = cx.shared.random_signature(&self.baseline.caller, || forge::random_signature(&self.jwt)).await;
        self.send(cx, "token with a random signature", &token, round).await
    }

    /// The answer carries what the caller is shown and strangers are not.
    fn is_accepted(&self, answer: &Answer) -> bool {
        let (Some(own), Some(given)) = (self.baseline.first.response(), answer.response()) else { return false };
        let strangers: BTreeSet<String> = [&self.surveyed.anonymous, &self.surveyed.garbage]
            .into_iter()
            .flatten()
            .filter_map(|answer| answer.response())
            .flat_map(leaves)
            .map(|leaf| leaf.text)
            .collect();
        let telling: Vec<Leaf> = leaves(own)
            .into_iter()
            .filter(|leaf| !self.surveyed.volatile.contains(&leaf.path) && !strangers.contains(&leaf.text))
            .filter(Leaf::is_telling)
            .collect();
        if telling.is_empty() {
            return same(own, given, &self.surveyed.volatile, &self.baseline.masks);
        }
        present(&telling, given).len() * 2 >= telling.len()
    }

    /// The guessed key of this caller's token; guessed once a scan.
    pub(crate) async fn key(&self, cx: &CheckCx<'_>) -> Option<SigningKey> {
        let mut keys = cx.shared.keys.lock().await;
        if let Some(known) = keys.get(&self.baseline.caller) {
            return known.clone();
        }
        let jwt = self.jwt.clone();
        let more = local_words(cx);
        let found = tokio::task::spawn_blocking(move || forge::guess(&jwt, &more)).await.ok().flatten();
        if let Some(found) = &found {
            cx.probe.redactor().learn("signing key", &found.key);
        }
        keys.insert(self.baseline.caller.clone(), found.clone());
        found
    }

    /// The exchanges that every forgery rests on: the forged request, the real one, the refusals.
    pub(crate) fn show(&self, proof: &mut Proof, attack: &Answer, control: Option<&Answer>) {
        proof.show(Role::Attack, attack).show(Role::Baseline, &self.baseline.first);
        let strangers =
            [&self.surveyed.garbage, &self.surveyed.anonymous].into_iter().flatten().map(|answer| &**answer);
        for answer in control.into_iter().chain(strangers) {
            proof.show(Role::Control, answer);
        }
    }
}

/// Words of this API that people make keys of: its title and host, alone and with the usual endings.
fn local_words(cx: &CheckCx<'_>) -> Vec<String> {
    let title: Vec<String> = words(&cx.survey.api.title).into_iter().take(6).collect();
    let mut stems = words(cx.probe.base_url().host_str().unwrap_or_default());
    // Every run of the title's words: `greenleaf-clinic` of "Greenleaf Clinic API".
    for from in 0..title.len() {
        for to in from + 1..=title.len() {
            let run = title.get(from..to).unwrap_or_default();
            stems.extend(["", "-", "_"].map(|joint| run.join(joint)));
        }
    }
    stems.retain(|stem| stem.len() >= 3);
    stems.sort();
    stems.dedup();
    let endings = [
        "",
        "-secret",
        "_secret",
        "secret",
        "-secret-key",
        "_secret_key",
        "-key",
        "_key",
        "-jwt-secret",
        "_jwt_secret",
        "123",
        "-dev",
        "2024",
        "2025",
        "2026",
    ];
    stems.iter().take(60).flat_map(|stem| endings.iter().map(move |ending| format!("{stem}{ending}"))).collect()
}
