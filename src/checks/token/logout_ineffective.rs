//! `token/logout-ineffective`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::act::{Acting, Body, Kind, acting_of, body};
use crate::checks::acting::ActCx;
use crate::checks::context::{PlanCx, present};
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::detect::jwt;
use crate::model::{Credential, Identity, Operation, Role, Secret, Verdict};
use crate::probe::{Answer, Ask, Caller, SendError, Values, WriteKind};
use crate::survey::{Baseline, Leaf, Reading, Surveyed, is_me_word, leaves, succeeds, words};

check! {
    /// ## What it does
    /// Signs in a second time, signs out with that second token, and uses it again.
    ///
    /// ## Why it matters
    /// Whoever signs out believes that the session is over. A token that works on stays useful to whoever copied it: on a
    /// shared computer, from a log, from a stolen device.
    ///
    /// ## How it is confirmed
    /// The second token is shown the caller's own data on a route that refuses nobody and a made-up token; the sign-out
    /// with it is answered with success; and after that it is shown the same data again, twice, a second apart, while a
    /// made-up token is still refused.
    ///
    /// ## When it stays silent
    /// When the token is refused after the sign-out, when the document has no sign-out, and when the sign-out was not
    /// answered with success. A token that runs out within a quarter of an hour, beside a refresh token, may be meant to
    /// outlive its session by that much: it is only suspected.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-613
    LogoutIneffective {
        id: "token/logout-ineffective",
        title: "A token works after sign-out",
        severity: Medium,
        level: Active,
        owasp: ["API2:2023"],
        cwe: [613],
        remedy: "revoke-on-sign-out",
        since: "0.2.0",
    }
}

/// Routes of the caller's own that are looked at for one that tells.
const MAX_WITNESSES: usize = 3;
/// A token that lives no longer than this beside a refresh token is short-lived by common practice.
const SHORT_LIVED_SECONDS: i64 = 15 * 60;
/// Tokens of one second may be equal: their claims are.
const NEXT_SECOND: Duration = Duration::from_millis(1_100);

impl Check for LogoutIneffective {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if operation.method.is_safe() || acting_of(cx.api, operation).kind != Kind::SignOut {
            return Need::NotApplicable;
        }
        // Two looks at each witness of two identities; two sign-ins, the sign-out, four looks, and the scan's own session.
        Need::Requests(if cx.identities.is_empty() { 0 } else { 22 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Sessions
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    let ends_others = words(&acting.operation.path).iter().any(|word| word == "other" || word == "others");
    if acting.kind != Kind::SignOut || !acting.slots.is_empty() || ends_others {
        return Ok(held("it does not end the caller's own session"));
    }
    let candidates = who(cx);
    if candidates.is_empty() {
        return Ok(skipped(
            "needs an identity that signs in by a request",
            Some("give an identity a `login` in routewarden.toml, or scan with --auto-accounts"),
        ));
    }
    for identity in candidates {
        let witness = match witness(cx, identity).await {
            Ok(Some(witness)) => witness,
            Ok(None) | Err(SendError::SessionGone(_)) => continue,
            Err(error) => return Err(error),
        };
        let verdict = SignOut { cx, acting, identity, witness: &witness }.carry_out().await;
        restore(cx, identity, &witness).await;
        return verdict;
    }
    Ok(inconclusive("no route shows a signed-in caller data of its own and refuses a made-up token", None))
}

/// Identities that can sign in again: throw-away accounts first, and of these the last, since most checks act as the
/// first.
fn who<'a>(cx: &ActCx<'a>) -> Vec<&'a Identity> {
    let probe = cx.check.probe;
    let mut found: Vec<&Identity> = probe
        .identities()
        .iter()
        .filter(|identity| matches!(identity.credential, Credential::Login(_)))
        .filter(|identity| probe.sessions().get(&identity.name).is_some())
        .collect();
    found.reverse();
    found.sort_by_key(|identity| cx.account(&identity.name).is_none());
    found.truncate(2);
    found
}

/// A protected route that shows a caller what nobody else is shown.
struct Witness<'a> {
    surveyed: &'a Surveyed,
    baseline: &'a Baseline,
    /// Values that only a live session is shown.
    own: Vec<Leaf>,
}

impl Witness<'_> {
    /// Asks past every cache that heeds the wish.
    async fn look(&self, cx: &ActCx<'_>, caller: Caller) -> Result<Arc<Answer>, SendError> {
        look(cx, self.baseline, caller).await
    }

    /// Whether an answer carries the caller's own data; `None` when it says nothing.
    fn serves(&self, answer: &Answer) -> Option<bool> {
        if ActCx::no_answer(answer).is_some() {
            return None;
        }
        let shown = answer
            .response()
            .filter(|response| succeeds(response))
            .map_or(0, |response| present(&self.own, response).len());
        Some(shown * 2 >= self.own.len())
    }
}

async fn look(cx: &ActCx<'_>, baseline: &Baseline, caller: Caller) -> Result<Arc<Answer>, SendError> {
    let mut ask: Ask = baseline.ask_as(caller);
    ask.headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    cx.check.probe.look_again(&ask).await
}

async fn witness<'a>(cx: &ActCx<'a>, identity: &Identity) -> Result<Option<Witness<'a>>, SendError> {
    let survey = cx.check.survey;
    let mut routes: Vec<(&Surveyed, &Baseline)> = survey
        .operations
        .iter()
        .filter(|surveyed| matches!(surveyed.anonymous_reading(), Some(Reading::Refused(_))))
        .filter_map(|surveyed| Some((surveyed, surveyed.valid_of(&identity.name)?)))
        .collect();
    let is_me = |path: &str| path.rsplit('/').find(|part| !part.is_empty()).is_some_and(is_me_word);
    routes.sort_by_key(|(surveyed, baseline)| (!is_me(&surveyed.operation.path), baseline.object.is_some()));
    for (surveyed, baseline) in routes.into_iter().take(MAX_WITNESSES) {
        let now = look(cx, baseline, Caller::named(&identity.name)).await?;
        let garbage = look(cx, baseline, Caller::Garbage(identity.name.clone())).await?;
        let Some(response) = now.response().filter(|response| succeeds(response)) else {
            continue;
        };
        let strangers: BTreeSet<String> = [Some(&garbage), surveyed.anonymous.as_ref()]
            .into_iter()
            .flatten()
            .filter_map(|answer| answer.response())
            .flat_map(leaves)
            .map(|leaf| leaf.text)
            .collect();
        let own: Vec<Leaf> = leaves(response)
            .into_iter()
            .filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path))
            .filter(|leaf| !strangers.contains(&leaf.text))
            .collect();
        let found = Witness { surveyed, baseline, own };
        if !found.own.is_empty() && found.serves(&garbage) == Some(false) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The scan's own session must work for what comes after: some sign-outs end all sessions of an account.
async fn restore(cx: &ActCx<'_>, identity: &Identity, witness: &Witness<'_>) {
    // A 401 makes the probe sign in again by itself; other refusals do not.
    let alive = match witness.look(cx, Caller::named(&identity.name)).await {
        Ok(answer) => witness.serves(&answer) != Some(false),
        Err(_) => true,
    };
    if !alive && let Err(error) = cx.check.probe.sign_in(identity).await {
        tracing::debug!("after a sign-out: {error}");
    }
}

/// One identity that signs in, out, and tries its token again.
struct SignOut<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    identity: &'a Identity,
    witness: &'a Witness<'a>,
}

/// A further session of the identity.
struct Second {
    token: Secret,
    login: Arc<Answer>,
}

/// What was seen on the way.
struct Seen {
    before: Arc<Answer>,
    out: Arc<Answer>,
    after: Arc<Answer>,
    again: Arc<Answer>,
    garbage: Arc<Answer>,
}

impl SignOut<'_> {
    async fn carry_out(&self) -> Result<Verdict, SendError> {
        let name = &self.identity.name;
        let second = match self.sign_in().await? {
            Ok(second) => second,
            Err(verdict) => return Ok(verdict),
        };
        let before = self.witness.look(self.cx, self.with(&second)).await?;
        if self.witness.serves(&before) != Some(true) {
            return Ok(inconclusive(
                format!("a second token of {name} is not served (status {})", status(&before)),
                None,
            ));
        }
        let url = self.cx.url(self.acting, &Values::new())?;
        let body = self.body(&second);
        let written = self
            .cx
            .write_to(self.acting, self.with(&second), url, body.as_ref(), Vec::new(), WriteKind::Touches)
            .await?;
        let out = written.answer;
        let redirected = out.status().is_some_and(|status| (300..400).contains(&status));
        if let Some(because) = ActCx::no_answer(&out).or_else(|| ActCx::refusal(&out).filter(|_| !redirected)) {
            return Ok(inconclusive(format!("the sign-out did not succeed: {because}"), None));
        }
        let after = self.witness.look(self.cx, self.with(&second)).await?;
        match self.witness.serves(&after) {
            None => return Ok(inconclusive("the token's use after the sign-out could not be judged", None)),
            Some(false) => {
                let because = format!("the token is refused after the sign-out: status {}", status(&after));
                self.cx.note(self.acting, name, "", true, because.clone());
                return Ok(held(because));
            }
            Some(true) => {}
        }
        // Some servers learn of a revocation a moment later.
        tokio::time::sleep(NEXT_SECOND).await;
        let again = self.witness.look(self.cx, self.with(&second)).await?;
        if self.witness.serves(&again) == Some(false) {
            return Ok(held("the token is refused a second after the sign-out"));
        }
        let garbage = self.witness.look(self.cx, Caller::Garbage(name.clone())).await?;
        Ok(self.proven(&second, &Seen { before, out, after, again, garbage }))
    }

    /// A further sign-in, whose token should be another one than the scan's; the same one is used where all are equal.
    async fn sign_in(&self) -> Result<Result<Second, Verdict>, SendError> {
        let probe = self.cx.check.probe;
        let mut login = probe.try_sign_in(self.identity).await?;
        let mut token = probe.further_token(self.identity, &login);
        let known = probe.sessions().get(&self.identity.name).map(|session| session.token);
        if token.is_some() && token == known {
            tokio::time::sleep(NEXT_SECOND).await;
            login = probe.try_sign_in(self.identity).await?;
            token = probe.further_token(self.identity, &login);
        }
        Ok(match token {
            Some(token) => Ok(Second { token, login }),
            None => Err(inconclusive(
                format!("a second sign-in of {} gave no token (status {})", self.identity.name, status(&login)),
                None,
            )),
        })
    }

    fn with(&self, second: &Second) -> Caller {
        Caller::Forged {
            identity: self.identity.name.clone(),
            token: second.token.clone(),
            label: "token of a second sign-in".to_owned(),
        }
    }

    /// The body of the sign-out, with the tokens that it asks for.
    fn body(&self, second: &Second) -> Option<Body> {
        let api = self.cx.maker.api;
        let mut made = body(api, self.acting, "")?;
        let declared = self.acting.fields(api);
        if let Value::Object(members) = &mut made.value {
            let known: BTreeSet<String> =
                members.keys().cloned().chain(declared.into_iter().map(|field| field.name)).collect();
            for name in known {
                let joined = words(&name).join("");
                let token = if joined.contains("refresh") {
                    refresh_token(&second.login)
                } else {
                    matches!(joined.as_str(), "token" | "accesstoken" | "sessiontoken" | "authtoken" | "jwt")
                        .then(|| second.token.expose().to_owned())
                };
                if let Some(token) = token {
                    let redactor = self.cx.check.probe.redactor();
                    redactor.learn(&format!("token of {}", self.identity.name), &Secret::new(token.clone()));
                    members.insert(name, json!(token));
                }
            }
        }
        Some(made)
    }

    fn proven(&self, second: &Second, seen: &Seen) -> Verdict {
        let name = &self.identity.name;
        let route = &self.witness.surveyed.operation.id;
        let mut proof = Proof::default();
        proof.clause("token-served-before", true, format!("{route} shows {name}'s own data to the second token"));
        let redirected = seen.out.status().is_some_and(|status| (300..400).contains(&status));
        if redirected {
            proof.open(
                "sign-out-succeeded",
                format!("it answered with a redirect (status {}), as refusals do too", status(&seen.out)),
            );
        } else {
            proof.clause("sign-out-succeeded", true, format!("it answered status {}", status(&seen.out)));
        }
        let shown = seen.after.response().map_or(0, |response| present(&self.witness.own, response).len());
        proof.clause("served-after-sign-out", true, format!("{shown} values of {name}'s are shown to the token still"));
        proof.clause(
            "made-up-token-refused",
            self.witness.serves(&seen.garbage) == Some(false),
            format!("a made-up token gets status {} there", status(&seen.garbage)),
        );
        if let Some(seconds) = short_lived(second) {
            proof.open(
                "outlives-its-session",
                format!("the token runs out by itself {seconds} s after it was given, and a refresh token renews it: that may be meant"),
            );
        }
        proof.clause(
            "repeated",
            self.witness.serves(&seen.again) == Some(true),
            "a second later the token was shown the same",
        );
        proof.show(Role::Attack, &seen.after).show(Role::Attack, &seen.again);
        proof.show(Role::Baseline, &seen.before).show(Role::Baseline, &seen.out).show(Role::Control, &seen.garbage);
        let claim = format!("a token of {name} was served after {name} had signed out with it");
        self.cx.note(self.acting, name, "", false, claim.clone());
        proof.broken(Finding {
            site: "token:sign-out".to_owned(),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }
}

/// The refresh token of a sign-in's answer.
fn refresh_token(login: &Answer) -> Option<String> {
    let is_refresh = |leaf: &Leaf| words(&leaf.key).join("").contains("refresh") && leaf.text.len() >= 8;
    leaves(login.response()?).into_iter().find(is_refresh).map(|leaf| leaf.text)
}

/// The lifetime of a token that is renewed every few minutes.
fn short_lived(second: &Second) -> Option<i64> {
    let refreshed = refresh_token(&second.login).is_some()
        || second.login.response()?.headers.iter().any(|(name, value)| {
            name == "set-cookie" && value.split('=').next().is_some_and(|name| name.contains("refresh"))
        });
    let token = jwt::parse(second.token.expose())?;
    let at = |claim: &str| token.payload.get(claim).and_then(Value::as_i64);
    let lives = at("exp")? - at("iat").unwrap_or_else(|| jiff::Timestamp::now().as_second());
    (refreshed && lives <= SHORT_LIVED_SECONDS).then_some(lives)
}
