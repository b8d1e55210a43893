//! `authn/weak-password-accepted`.

use std::sync::Arc;

use super::trial::{Trial, nobody, wrong_password};
use crate::act::{Account, Acting, Kind, Persona, SignedUp, acting_of, is_password, plain};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{Api, Method, Operation, Role, Secret, Verdict};
use crate::probe::{Answer, SendError};
use crate::spec::fits_text;

check! {
    /// ## What it does
    /// Signs up one more throw-away account with one of the most common passwords: the shortest that the document's own
    /// rules allow.
    ///
    /// ## Why it matters
    /// The first passwords of every list of guesses open whatever accounts have them, whatever else guards the sign-in.
    ///
    /// ## How it is confirmed
    /// The sign-up is accepted, and the password was stored: the account signs in with it, twice, a route that refuses
    /// strangers serves its session, and another password is refused. When the password is taken, a single character is
    /// tried as well, and the finding says what came of it.
    ///
    /// ## When it stays silent
    /// When the sign-up or the sign-in refuses, in any form, and when the document asks for more than the common
    /// passwords have.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-521
    WeakPasswordAccepted {
        id: "authn/weak-password-accepted",
        title: "Sign-up takes a trivial password",
        severity: Low,
        level: Active,
        owasp: ["API2:2023"],
        cwe: [521],
        remedy: "password-policy",
        since: "0.2.0",
    }
}

/// The first of every list of guesses, short ones first.
const COMMON: &[&str] = &["123456", "password", "12345678", "password1", "Password1"];
/// Less than any rule allows.
const SINGLE: &str = "1";

impl Check for WeakPasswordAccepted {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if operation.method != Method::Post || acting_of(cx.api, operation).kind != Kind::SignUp {
            return Need::NotApplicable;
        }
        // Two sign-ups and four sign-ins; for each account, whether its session is served and how it is removed.
        Need::Requests(if cx.identities.is_empty() { 0 } else { 6 + 2 * 14 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Sessions
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if acting.kind != Kind::SignUp {
        return Ok(held("it does not sign users up"));
    }
    let is_this =
        |index: usize| cx.maker.acting.get(index).is_some_and(|known| known.operation.id == acting.operation.id);
    let Some(trial) = Trial::find(cx, |account| is_this(account.sign_up)) else {
        return Ok(skipped(
            "needs a throw-away account that was signed up here and signs in by a request",
            Some("scan with --auto-accounts"),
        ));
    };
    if let Some(admin) = &trial.extra.like.made_by {
        return Ok(held(format!("only a higher role such as {admin}'s makes accounts here")));
    }
    let Some(password) = allowed(cx.maker.api, acting) else {
        return Ok(held("the document asks for more than the most common passwords have"));
    };
    Attempt { acting, trial: &trial, password, secret: Secret::new(password) }.carry_out().await
}

/// The shortest common password that the document allows.
fn allowed(api: &Api, acting: &Acting) -> Option<&'static str> {
    let declared = acting.fields(api);
    let schema = declared.iter().find(|field| is_password(&field.name)).and_then(|field| plain(api, field.schema));
    COMMON.iter().copied().find(|password| schema.is_none_or(|schema| fits_text(schema, password)))
}

struct Attempt<'a> {
    acting: &'a Acting,
    trial: &'a Trial<'a>,
    password: &'static str,
    secret: Secret,
}

impl Attempt<'_> {
    async fn carry_out(&self) -> Result<Verdict, SendError> {
        let extra = &self.trial.extra;
        let who = nobody();
        let account = match extra.sign_up("auto-weak", &who, &self.secret).await? {
            SignedUp::Accepted(account) => account,
            SignedUp::Refused(answer) => return Ok(refused(&answer)),
        };
        let first = extra.sign_in(&who, &self.secret).await?;
        if let Some(because) = ActCx::no_answer(&first) {
            return Ok(inconclusive(format!("signed up, and at the sign-in {because}"), None));
        }
        if !self.trial.lets_in(&first) {
            return Ok(held(format!(
                "the sign-up answered status {}, and the sign-in refuses the password (status {})",
                status(&account.answer),
                status(&first)
            )));
        }
        let served = extra.open(&account, &self.secret, &first).await?;
        let wrong = extra.sign_in(&who, &wrong_password()).await?;
        if self.trial.lets_in(&wrong) {
            return Ok(inconclusive("any password signs the account in", None));
        }
        let again = extra.sign_in(&who, &self.secret).await?;
        let single = self.single().await?;
        Ok(self.proven(&account, served, &Seen { first, wrong, again, single }))
    }

    /// Whether even one character is taken: signed up and in.
    async fn single(&self) -> Result<bool, SendError> {
        let extra = &self.trial.extra;
        let (who, secret): (Persona, Secret) = (nobody(), Secret::new(SINGLE));
        let SignedUp::Accepted(account) = extra.sign_up("auto-single", &who, &secret).await? else { return Ok(false) };
        let answer = extra.sign_in(&who, &secret).await?;
        let taken = self.trial.lets_in(&answer);
        if taken {
            extra.open(&account, &secret, &answer).await?;
        }
        Ok(taken)
    }

    fn proven(&self, account: &Account, served: bool, seen: &Seen) -> Verdict {
        let password = self.password;
        let mut proof = Proof::default();
        proof.clause("sign-up-accepted", true, format!("`{password}` is answered status {}", status(&account.answer)));
        proof.clause(
            "signs-in-with-it",
            true,
            format!("the account signs in with it (status {})", status(&seen.first)),
        );
        let because = "a route that refuses strangers serves its session";
        if served {
            proof.clause("session-is-served", true, because);
        } else {
            proof.open("session-is-served", "no route serves the session of that sign-in");
        }
        proof.clause(
            "another-password-refused",
            ActCx::no_answer(&seen.wrong).is_none(),
            format!("another password is answered status {}", status(&seen.wrong)),
        );
        proof.clause("repeated", self.trial.lets_in(&seen.again), "it signs in with it a second time");
        proof.show(Role::Attack, &account.answer).show(Role::Attack, &seen.first).show(Role::Readback, &seen.again);
        proof.show(Role::Control, &seen.wrong).show(Role::Baseline, &self.trial.extra.like.answer);
        let more = if seen.single { "; even a single character is taken" } else { "" };
        proof.broken(Finding {
            site: "body:password".to_owned(),
            cause: self.acting.operation.path.clone(),
            claim: format!("an account was signed up, and signs in, with the password `{password}`{more}"),
            severity: None,
            surveyed: self.acting,
        })
    }
}

struct Seen {
    first: Arc<Answer>,
    wrong: Arc<Answer>,
    again: Arc<Answer>,
    single: bool,
}

/// A second sign-up may be refused for reasons of its own, such as a telephone number that is taken.
fn speaks_of_password(answer: &Answer) -> bool {
    const SIGNS: &[&str] = &["pass", "pwd", "weak", "common", "character", "length", "short"];
    let said = answer.response().map(|response| response.text.to_ascii_lowercase()).unwrap_or_default();
    SIGNS.iter().any(|sign| said.contains(sign))
}

fn refused(answer: &Answer) -> Verdict {
    match ActCx::no_answer(answer) {
        Some(because) => inconclusive(because, None),
        None if speaks_of_password(answer) => {
            held(format!("the sign-up refuses a common password (status {})", status(answer)))
        }
        None => inconclusive(
            format!("the sign-up refuses (status {}), and does not say that the password is why", status(answer)),
            None,
        ),
    }
}
