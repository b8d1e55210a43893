//! What all forgeries share: a protected route, a caller with a JWT, and what it means to be accepted.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::forge::{self, SigningKey};
use crate::checks::context::{CheckCx, PlanCx, present_leaves};
use crate::checks::meta::Need;
use crate::checks::rule::{Rule, defence_held, ensure, see_other};
use crate::detect::jwt::Jwt;
use crate::model::{Operation, Role, Secret, Silence};
use crate::probe::{Answer, AskCaller};
use crate::survey::{AnswerKind, Baseline, Leaf, Surveyed, is_same_answer, is_soft_error, leaves_of, split_words};

/// A protected route with a caller whose token can be forged.
pub(crate) struct TokenCase<'a> {
    pub(crate) surveyed: &'a Surveyed,
    pub(crate) baseline: &'a Baseline,
    pub(crate) jwt: Jwt,
    /// The very request of the baseline without a credential.
    anonymous: Arc<Answer>,
    /// The same with a token of random letters.
    garbage: Arc<Answer>,
}

/// Returns the cost of a forgery: forgeries concern reads, and need an identity whose token is forged. Two requests are
/// the controls that all forgeries share.
pub(crate) fn plan_forgery(cx: &PlanCx<'_>, operation: &Operation, requests: u32) -> Need {
    if !PlanCx::is_read(operation) || cx.identities.is_empty() {
        Need::NotApplicable
    } else {
        Need::Requests(requests + 2)
    }
}

/// Looks at the precondition of every forgery (METHODS 3.1): the valid token is served, and the same request without a
/// token and with a garbage one is refused.
///
/// # Errors
/// The silence where it does not hold.
pub(crate) async fn prepare_token_case<'a>(
    cx: &CheckCx<'_>,
    surveyed: &'a Surveyed,
    rule: &mut Rule,
) -> Result<TokenCase<'a>, Silence> {
    let jwt_of = |name: &str| cx.probe.sessions().get(name).and_then(|session| session.jwt());
    let with_jwt = surveyed.valid().find_map(|baseline| Some((baseline, jwt_of(&baseline.caller)?)));
    let Some((baseline, jwt)) = with_jwt else {
        let any = cx.survey.people.all.iter().any(|person| jwt_of(&person.name).is_some());
        return Err(Silence::not_applicable(if any {
            "no caller with a JWT is served here"
        } else {
            "no identity uses a JWT"
        }));
    };
    let anonymous = cx.send(&baseline.ask_as(AskCaller::Anonymous)).await?;
    let garbage = cx.send(&baseline.ask_as(AskCaller::Garbage(baseline.caller.clone()))).await?;
    let case = TokenCase { surveyed, baseline, jwt, anonymous, garbage };
    rule.need("no-token-refused", require_refusal(&case.anonymous, "an anonymous caller"), Clone::clone)?;
    rule.need("garbage-token-refused", require_refusal(&case.garbage, "a token of random letters"), Clone::clone)?;
    Ok(case)
}

/// Passes where a stranger's request was turned away. An empty success is no refusal: a route that serves strangers has
/// no verdict about tokens. A server that fails on a garbage token alone refuses it in its own way.
fn require_refusal(answer: &Answer, who: &str) -> Result<String, Silence> {
    let Some(response) = answer.response().filter(|response| response.status != 429) else {
        return Err(Silence::undecided(format!("the answer to {who} could not be judged")));
    };
    ensure(!response.is_success() || is_soft_error(response), || {
        Silence::not_applicable(format!("the route serves {who} (status {})", response.status))
    })?;
    Ok(format!("the same request of {who} is refused (status {})", response.status))
}

impl TokenCase<'_> {
    /// Returns the answers to nobody and to a garbage token.
    pub(crate) fn refusals(&self) -> [&Arc<Answer>; 2] {
        [&self.garbage, &self.anonymous]
    }

    /// Sends the rightful request with another token.
    ///
    /// # Errors
    /// `Held` where it is refused, `Undecided` where the answer says nothing.
    pub(crate) async fn send(
        &self,
        cx: &CheckCx<'_>,
        label: &str,
        token: &Secret,
        round: u8,
    ) -> Result<Arc<Answer>, Silence> {
        let identity = self.baseline.caller.clone();
        cx.probe.redactor().learn(&format!("forged token of {identity}"), token);
        let caller = AskCaller::Forged { identity, token: token.clone(), label: label.to_owned() };
        let answer = cx.send(&self.baseline.ask_as(caller).again(round)).await?;
        let refusal = match CheckCx::reading(self.surveyed, &answer, &self.baseline.masks, &[]) {
            AnswerKind::NoData(because) => return Err(Silence::undecided(because)),
            AnswerKind::Data if self.is_accepted(&answer) => return Ok(answer),
            AnswerKind::Data => "an answer without the caller's data".to_owned(),
            AnswerKind::Refused(because) => because,
        };
        Err(defence_held(&answer, &self.baseline.first, format!("the {label} is refused: {refusal}")))
    }

    /// Sends a forged token twice: that it is served is the rule, that it is served again a clause of it.
    pub(crate) async fn forge(
        &self,
        cx: &CheckCx<'_>,
        rule: &mut Rule,
        label: &str,
        token: &Secret,
    ) -> Result<(), Silence> {
        let caller = &self.baseline.caller;
        let sent = self.send(cx, label, token, 0).await;
        let attack = rule.need("forged-token-served", sent, |_| format!("the {label} gets {caller}'s own answer"))?;
        let again = self.send(cx, label, token, 1).await;
        rule.weigh("repeated", again.is_ok(), "the same request again gave the same");
        rule.show(Role::Attack, &attack).show(Role::Baseline, &self.baseline.first);
        rule.show(Role::Control, &self.garbage).show(Role::Control, &self.anonymous);
        Ok(())
    }

    /// Sends forged tokens until one is served, and returns what that is called.
    ///
    /// # Errors
    /// The last refusal where all are refused; the first silence of another kind.
    pub(crate) async fn first_served<'t>(
        &self,
        cx: &CheckCx<'_>,
        rule: &mut Rule,
        tokens: impl IntoIterator<Item = (&'t str, Option<Secret>)>,
    ) -> Result<&'t str, Silence> {
        let mut last = Silence::not_tried("the token could not be signed");
        for (label, token) in tokens {
            let Some(token) = token else { continue };
            match self.forge(cx, rule, label, &token).await {
                Ok(()) => return Ok(label),
                Err(silence @ Silence::Held(_)) => last = silence,
                Err(silence) => return Err(silence),
            }
        }
        Err(last)
    }

    /// Returns the token of this caller with a random signature; one per caller, so that all checks share its requests.
    pub(crate) async fn random_signature(&self, cx: &CheckCx<'_>) -> Secret {
        cx.shared.random_signature(&self.baseline.caller, || forge::random_signature(&self.jwt)).await
    }

    /// Looks at the control of all forgeries but that of the signature itself: a random signature is refused.
    ///
    /// # Errors
    /// Where any signature works, that finding has this one as its consequence.
    pub(crate) async fn refuses_random(&self, cx: &CheckCx<'_>, rule: &mut Rule) -> Result<(), Silence> {
        let token = self.random_signature(cx).await;
        let control = match self.send(cx, RANDOM, &token, 0).await {
            Ok(_) => Err(see_other("token/signature-not-verified", "any signature is accepted here")),
            Err(Silence::Held(proof)) => Ok(proof),
            Err(silence) => Err(silence),
        };
        let proof = rule.need("random-signature-refused", control, |proof| proof.because().to_owned())?;
        rule.show_exchange(Role::Control, proof.attack());
        Ok(())
    }

    /// The answer carries what the caller is shown and strangers are not.
    fn is_accepted(&self, answer: &Answer) -> bool {
        let (Some(own), Some(given)) = (self.baseline.first.response(), answer.response()) else { return false };
        let strangers: BTreeSet<String> = [&self.anonymous, &self.garbage]
            .into_iter()
            .filter_map(|answer| answer.response())
            .flat_map(leaves_of)
            .map(|leaf| leaf.text)
            .collect();
        let telling: Vec<Leaf> = leaves_of(own)
            .into_iter()
            .filter(|leaf| !self.surveyed.volatile.contains(&leaf.path) && !strangers.contains(&leaf.text))
            .filter(Leaf::is_telling)
            .collect();
        if telling.is_empty() {
            return is_same_answer(own, given, &self.surveyed.volatile, &self.baseline.masks);
        }
        present_leaves(&telling, given).len() * 2 >= telling.len()
    }

    /// The guessed key of this caller's token; guessed once a scan.
    pub(crate) async fn key(&self, cx: &CheckCx<'_>) -> Option<SigningKey> {
        let mut keys = cx.shared.keys.lock().await;
        if let Some(known) = keys.get(&self.baseline.caller) {
            return known.clone();
        }
        let jwt = self.jwt.clone();
        let more = local_words(cx);
        let found = tokio::task::spawn_blocking(move || forge::guess_key(&jwt, &more)).await.ok().flatten();
        if let Some(found) = &found {
            cx.probe.redactor().learn("signing key", &found.key);
        }
        keys.insert(self.baseline.caller.clone(), found.clone());
        found
    }
}

/// The label of the control that all forgeries share.
pub(crate) const RANDOM: &str = "token with a random signature";

/// Words of this API that people make keys of: its title and host, alone and with the usual endings.
fn local_words(cx: &CheckCx<'_>) -> Vec<String> {
    let title: Vec<String> = split_words(&cx.survey.api.title).into_iter().take(6).collect();
    let mut stems = split_words(cx.probe.base_url().host_str().unwrap_or_default());
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
