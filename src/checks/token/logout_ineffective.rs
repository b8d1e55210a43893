//! `token/logout-ineffective`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::sign_outs::{find_callers, is_token, names_something, own_sign_out};
use crate::act::{ActKind, Acting, Body, acting_of, build_body};
use crate::checks::acting::ActCx;
use crate::checks::context::{PlanCx, present_leaves};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::detect::jwt;
use crate::model::{Identity, Operation, Role, Secret, Silence, clean_name};
use crate::probe::{Answer, Ask, AskCaller, Response, Values};
use crate::survey::{
    AnswerKind, Baseline, Leaf, Surveyed, is_clear_success, is_me_word, leaves_of, me_facts, split_words,
};
use crate::trial::WriteRequest;

check! {
    /// ## What it does
    /// Signs in a second time, signs out with that second token, and uses it again.
    ///
    /// ## Why it matters
    /// A user who signs out believes that the session is over. A token that still works is useful to anyone who copied it: on a
    /// shared computer, from a log, from a stolen device.
    ///
    /// ## How it is confirmed
    /// The second token is shown the caller's own data, on a route about the caller that refuses an anonymous caller and a made-up
    /// token; the sign-out beside the sign-in is answered with success; and after that the token is shown the same data
    /// again, twice, a second apart, while a made-up token is still refused.
    ///
    /// ## When it stays silent
    /// When the token is refused after the sign-out, when the document has no sign-out, when the sign-out was not answered
    /// with success, and for operations that end the sessions of a user of choice or remove one token by its id: they are
    /// never sent. A token that runs out within a quarter of an hour, beside a refresh token, may be meant to outlive its
    /// session by that much: it is only suspected.
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
        plan: plan_requests,
        phase: Sessions,
        write: check_sign_out,
    }
}

/// Routes of the caller's own that are looked at for one that tells.
const MAX_WITNESSES: usize = 3;
/// A token that lives no longer than this beside a refresh token is short-lived by common practice.
const SHORT_LIVED_SECONDS: i64 = 15 * 60;
/// Tokens of one second may be equal: their claims are.
const NEXT_SECOND: Duration = Duration::from_millis(1_100);

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method.is_safe() || acting_of(cx.api, operation).kind != ActKind::SignOut {
        return Need::NotApplicable;
    }
    // Two looks at each witness of two identities; two sign-ins, the sign-out, four looks, and the scan's own session.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 22 })
}

async fn check_sign_out(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    own_sign_out(cx, acting)?;
    let mut last = Silence::undecided("no route about the caller shows it data of its own and refuses a made-up token");
    for identity in find_callers(cx, acting)? {
        // A caller whose session is gone shows nothing; another one may.
        let witness = match find_witness(cx, identity).await {
            Ok(Some(witness)) => witness,
            Ok(None) => continue,
            Err(silence) => {
                last = silence;
                continue;
            }
        };
        let judged = SignOut { cx, acting, identity, witness: &witness }.judge().await;
        restore_session(cx, identity, &witness).await;
        return judged;
    }
    Err(last)
}

/// A protected route that shows a caller what no other caller is shown.
struct SignOutWitness<'a> {
    surveyed: &'a Surveyed,
    baseline: &'a Baseline,
    /// Values that only a live session is shown.
    own: Vec<Leaf>,
}

impl SignOutWitness<'_> {
    /// Asks past every cache that heeds the wish.
    async fn look(&self, cx: &ActCx<'_>, caller: AskCaller) -> Result<Arc<Answer>, Silence> {
        request_uncached(cx, self.baseline, caller).await
    }

    /// Returns whether an answer carries the caller's own data; `None` when it says nothing.
    fn serves(&self, answer: &Answer) -> Option<bool> {
        if ActCx::no_answer(answer).is_some() {
            return None;
        }
        Some(self.count(answer) * 2 >= self.own.len())
    }

    fn count(&self, answer: &Answer) -> usize {
        let response = answer.response().filter(|response| is_clear_success(response));
        response.map_or(0, |response| present_leaves(&self.own, response).len())
    }
}

async fn request_uncached(cx: &ActCx<'_>, baseline: &Baseline, caller: AskCaller) -> Result<Arc<Answer>, Silence> {
    let mut ask: Ask = baseline.ask_as(caller);
    ask.headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    Ok(cx.check.probe.look_again(&ask).await?)
}

async fn find_witness<'a>(cx: &ActCx<'a>, identity: &Identity) -> Result<Option<SignOutWitness<'a>>, Silence> {
    let mut routes: Vec<(&Surveyed, &Baseline)> = cx
        .check
        .survey
        .operations
        .iter()
        .filter(|surveyed| matches!(surveyed.anonymous_reading(), Some(AnswerKind::Refused(_))))
        .filter_map(|surveyed| Some((surveyed, surveyed.valid_of(&identity.name)?)))
        .filter(|(surveyed, baseline)| is_about(cx, surveyed, baseline, &identity.name))
        .collect();
    routes.sort_by_key(|(surveyed, baseline)| (!is_me(surveyed), baseline.object.is_some()));
    for (surveyed, baseline) in routes.into_iter().take(MAX_WITNESSES) {
        let now = request_uncached(cx, baseline, AskCaller::named(&identity.name)).await?;
        let garbage = request_uncached(cx, baseline, AskCaller::Garbage(identity.name.clone())).await?;
        let Some(response) = now.response().filter(|response| is_clear_success(response)) else { continue };
        let own = own_leaves(surveyed, response, &garbage);
        let found = SignOutWitness { surveyed, baseline, own };
        if !found.own.is_empty() && found.serves(&garbage) == Some(false) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn is_me(surveyed: &Surveyed) -> bool {
    surveyed.operation.path.rsplit('/').find(|part| !part.is_empty()).is_some_and(is_me_word)
}

/// Whether an answer is about the caller itself: a list of others says nothing of one caller's session, and an
/// administrator's list of users least of all.
fn is_about(cx: &ActCx<'_>, surveyed: &Surveyed, baseline: &Baseline, name: &str) -> bool {
    let survey = cx.check.survey;
    let Some(response) = baseline.first.response() else { return false };
    let is_list = !leaves_of(response).iter().any(|leaf| leaf.is_telling() && !leaf.path.contains('*'));
    let owned = baseline.object.as_ref().and_then(|key| survey.owner(key)).is_some_and(|(owner, _)| owner == name);
    let names = |(key, value): &(String, String)| survey.people.named_in(key, value).is_some_and(|it| it.name == name);
    owned || is_me(surveyed) && !is_list || me_facts(response).iter().any(names)
}

/// Returns the values of an answer that strangers are not shown.
fn own_leaves(surveyed: &Surveyed, response: &Response, garbage: &Answer) -> Vec<Leaf> {
    let strangers = [Some(garbage), surveyed.anonymous.as_deref()].into_iter().flatten();
    let strangers: BTreeSet<String> =
        strangers.filter_map(|answer| answer.response()).flat_map(leaves_of).map(|leaf| leaf.text).collect();
    leaves_of(response)
        .into_iter()
        .filter(|leaf| leaf.is_telling() && !surveyed.volatile.contains(&leaf.path))
        .filter(|leaf| !strangers.contains(&leaf.text))
        .collect()
}

/// The scan's own session must work for what comes after: some sign-outs end all sessions of an account.
async fn restore_session(cx: &ActCx<'_>, identity: &Identity, witness: &SignOutWitness<'_>) {
    // A 401 makes the probe sign in again by itself; other refusals do not.
    let alive = match witness.look(cx, AskCaller::named(&identity.name)).await {
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
    witness: &'a SignOutWitness<'a>,
}

/// A further session of the identity.
struct FurtherSession {
    token: Secret,
    login: Arc<Answer>,
}

impl SignOut<'_> {
    async fn judge(&self) -> CheckResult {
        let name = &self.identity.name;
        let second = self.sign_in().await?;
        let mut rule = Rule::default();
        let before = rule.need("token-served-before", self.served_before(&second).await, |_| {
            format!("{} shows {name}'s own data to the second token", self.witness.surveyed.operation.id)
        })?;
        let out = self.sign_out(&second).await?;
        // Refusals answer with redirects too.
        let redirected = out.status().is_some_and(|status| (300..400).contains(&status));
        rule.weigh(
            "sign-out-succeeded",
            (!redirected).then_some(true),
            format!("it answered {}status {}", if redirected { "with a redirect, " } else { "" }, status_text(&out)),
        );

        let after = self.served_after(&second, &before).await;
        let after = rule.need("served-after-sign-out", after, |after| {
            format!("{} values of {name}'s are shown to the token still", self.witness.count(after))
        })?;
        let garbage = self.witness.look(self.cx, AskCaller::Garbage(name.clone())).await?;
        let refused = self.witness.serves(&garbage) == Some(false);
        rule.weigh(
            "made-up-token-refused",
            refused,
            format!("a made-up token gets status {} there", status_text(&garbage)),
        );
        if let Some(seconds) = short_lived(&second) {
            rule.weigh("outlives-its-session", None, format!(
                "the token runs out by itself {seconds} s after it was given, and a refresh token renews it: that may be meant"
            ));
        }
        let again = self.served_later(&second, &before).await?;
        let served = self.witness.serves(&again) == Some(true);
        rule.weigh("repeated", served, "a second later the token was shown the same");

        rule.show(Role::Attack, &after).show(Role::Attack, &again);
        rule.show(Role::Baseline, &before).show(Role::Baseline, &out).show(Role::Control, &garbage);
        let claim = format!("a token of {name} was served after {name} had signed out with it");
        self.cx.note(self.acting, name, "", false, claim.clone());
        rule.found(Violation::of(self.acting, "token:sign-out", self.acting.operation.path.clone(), claim))
    }

    async fn served_before(&self, second: &FurtherSession) -> Result<Arc<Answer>, Silence> {
        let before = self.witness.look(self.cx, self.with(second)).await?;
        ensure(self.witness.serves(&before) == Some(true), || {
            let name = &self.identity.name;
            Silence::undecided(format!("a second token of {name} is not served (status {})", status_text(&before)))
        })?;
        Ok(before)
    }

    async fn sign_out(&self, second: &FurtherSession) -> Result<Arc<Answer>, Silence> {
        let url = self.cx.url(self.acting, &Values::new())?;
        let body = self.body(second)?;
        let plain = WriteRequest::plain(self.acting, self.with(second), url);
        let out = self.cx.send(WriteRequest { body: body.as_ref(), ..plain }).await?.answer;
        let redirected = out.status().is_some_and(|status| (300..400).contains(&status));
        let refused = ActCx::refusal(&out).filter(|_| !redirected);
        match ActCx::no_answer(&out).or(refused) {
            Some(because) => Err(Silence::undecided(format!("the sign-out did not succeed: {because}"))),
            None => Ok(out),
        }
    }

    async fn served_after(&self, second: &FurtherSession, before: &Answer) -> Result<Arc<Answer>, Silence> {
        let after = self.witness.look(self.cx, self.with(second)).await?;
        match self.witness.serves(&after) {
            None => Err(Silence::undecided("the token's use after the sign-out could not be judged")),
            Some(true) => Ok(after),
            Some(false) => {
                let because = format!("the token is refused after the sign-out: status {}", status_text(&after));
                self.cx.note(self.acting, &self.identity.name, "", true, because.clone());
                Err(defence_held(&after, before, because))
            }
        }
    }

    /// Looks once more: some servers learn of a revocation a moment later.
    async fn served_later(&self, second: &FurtherSession, before: &Answer) -> Result<Arc<Answer>, Silence> {
        tokio::time::sleep(NEXT_SECOND).await;
        let again = self.witness.look(self.cx, self.with(second)).await?;
        if self.witness.serves(&again) == Some(false) {
            return Err(defence_held(&again, before, "the token is refused a second after the sign-out"));
        }
        Ok(again)
    }

    /// Signs in once more; the token should be another one than the scan's, and is the same where all are equal.
    async fn sign_in(&self) -> Result<FurtherSession, Silence> {
        let probe = self.cx.check.probe;
        let mut login = probe.try_sign_in(self.identity).await?;
        let mut token = probe.further_token(self.identity, &login);
        let known = probe.sessions().get(&self.identity.name).map(|session| session.token);
        if token.is_some() && token == known {
            tokio::time::sleep(NEXT_SECOND).await;
            login = probe.try_sign_in(self.identity).await?;
            token = probe.further_token(self.identity, &login);
        }
        let token = token.ok_or_else(|| {
            let name = &self.identity.name;
            Silence::undecided(format!("a second sign-in of {name} gave no token (status {})", status_text(&login)))
        })?;
        Ok(FurtherSession { token, login })
    }

    fn with(&self, second: &FurtherSession) -> AskCaller {
        let label = "token of a second sign-in".to_owned();
        AskCaller::Forged { identity: self.identity.name.clone(), token: second.token.clone(), label }
    }

    /// Returns the body of the sign-out with the tokens that it asks for; none of them is invented.
    fn body(&self, second: &FurtherSession) -> Result<Option<Body>, Silence> {
        let api = self.cx.maker.api;
        let Some(mut made) = build_body(api, self.acting, "") else { return Ok(None) };
        let declared = self.acting.fields(api);
        let Value::Object(members) = &mut made.value else { return Ok(Some(made)) };
        let known: BTreeSet<String> =
            members.keys().cloned().chain(declared.iter().map(|field| field.name.clone())).collect();
        for name in known {
            let joined = split_words(&name).join("");
            let token = if joined.contains("refresh") {
                refresh_token(&second.login)
            } else if is_token(&joined) {
                Some(second.token.expose().to_owned())
            } else if names_something(&name) {
                None
            } else {
                continue;
            };
            let required = declared.iter().any(|field| field.name == name && field.required);
            match token {
                Some(token) => {
                    let redactor = self.cx.check.probe.redactor();
                    redactor.learn(&format!("token of {}", self.identity.name), &Secret::new(token.clone()));
                    members.insert(name, json!(token));
                }
                None if required => {
                    let name = clean_name(&name, 40);
                    return Err(Silence::not_tried(format!("it asks for `{name}`, which the sign-in does not give")));
                }
                None => {
                    members.remove(&name);
                }
            }
        }
        Ok(Some(made))
    }
}

/// Returns the refresh token of a sign-in's answer.
fn refresh_token(login: &Answer) -> Option<String> {
    let is_refresh = |leaf: &Leaf| split_words(&leaf.key).join("").contains("refresh") && leaf.text.len() >= 8;
    leaves_of(login.response()?).into_iter().find(is_refresh).map(|leaf| leaf.text)
}

/// Returns the lifetime of a token that is renewed every few minutes.
fn short_lived(second: &FurtherSession) -> Option<i64> {
    let refreshed = refresh_token(&second.login).is_some()
        || second.login.response()?.headers.iter().any(|(name, value)| {
            name == "set-cookie" && value.split('=').next().is_some_and(|name| name.contains("refresh"))
        });
    let token = jwt::parse(second.token.expose())?;
    let at = |claim: &str| token.payload.get(claim).and_then(Value::as_i64);
    let lives = at("exp")? - at("iat").unwrap_or_else(|| jiff::Timestamp::now().as_second());
    (refreshed && lives <= SHORT_LIVED_SECONDS).then_some(lives)
}
