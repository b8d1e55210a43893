//! `authn/weak-password-accepted`.

use std::sync::Arc;

use super::trial::{Trial, nobody, wrong_password};
use crate::act::{Account, Acting, Kind, Persona, SignedUp, acting_of, is_password, plain};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, status};
use crate::model::{Api, Method, Operation, Role, Secret, Silence};
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
        plan: plan,
        phase: Sessions,
        write: run,
    }
}

/// The first of every list of guesses, short ones first.
const COMMON: &[&str] = &["123456", "password", "12345678", "password1", "Password1"];
/// Less than any rule allows.
const SINGLE: &str = "1";

fn plan(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method != Method::Post || acting_of(cx.api, operation).kind != Kind::SignUp {
        return Need::NotApplicable;
    }
    // Two sign-ups and four sign-ins; for each account, whether its session is served and how it is removed.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 6 + 2 * 14 })
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    ensure(acting.kind == Kind::SignUp, || Silence::not_applicable("it does not sign users up"))?;
    let is_this =
        |index: usize| cx.maker.acting.get(index).is_some_and(|known| known.operation.id == acting.operation.id);
    let trial = Trial::find(cx, |account| is_this(account.sign_up)).ok_or_else(|| {
        cx.lacks_account("needs a throw-away account that was signed up here and signs in by a request")
    })?;
    if let Some(admin) = &trial.extra.like.made_by {
        return Err(Silence::not_applicable(format!("only a higher role such as {admin}'s makes accounts here")));
    }
    let password = allowed(cx.maker.api, acting)
        .ok_or_else(|| Silence::not_applicable("the document asks for more than the most common passwords have"))?;
    SignUpTrial { acting, trial: &trial, password, secret: Secret::new(password) }.judge().await
}

/// The shortest common password that the document allows.
fn allowed(api: &Api, acting: &Acting) -> Option<&'static str> {
    let declared = acting.fields(api);
    let schema = declared.iter().find(|field| is_password(&field.name)).and_then(|field| plain(api, field.schema));
    COMMON.iter().copied().find(|password| schema.is_none_or(|schema| fits_text(schema, password)))
}

/// A sign-up with a common password.
struct SignUpTrial<'a> {
    acting: &'a Acting,
    trial: &'a Trial<'a>,
    password: &'static str,
    secret: Secret,
}

impl SignUpTrial<'_> {
    async fn judge(&self) -> Judged {
        let extra = &self.trial.extra;
        let (who, password) = (nobody(), self.password);
        let mut rule = Rule::default();
        let account = rule.need("sign-up-accepted", self.sign_up(&who).await, |account| {
            format!("`{password}` is answered status {}", status(&account.answer))
        })?;
        let first = rule.need("signs-in-with-it", self.sign_in(&who, &account).await, |first| {
            format!("the account signs in with it (status {})", status(first))
        })?;
        let served = extra.open(&account, &self.secret, &first).await?;
        let because = if served {
            "a route that refuses strangers serves its session"
        } else {
            "no route serves the session of that sign-in"
        };
        rule.weigh("session-is-served", served.then_some(true), because);
        let wrong = rule.need("another-password-refused", self.wrong_is_refused(&who).await, |wrong| {
            format!("another password is answered status {}", status(wrong))
        })?;
        let again = extra.sign_in(&who, &self.secret).await?;
        rule.weigh("repeated", self.trial.lets_in(&again), "it signs in with it a second time");
        let more = if self.single_is_taken().await? { "; even a single character is taken" } else { "" };

        rule.show(Role::Attack, &account.answer).show(Role::Attack, &first).show(Role::Readback, &again);
        rule.show(Role::Control, &wrong).show(Role::Baseline, &extra.like.answer);
        rule.found(Finding::of(
            self.acting,
            "body:password",
            self.acting.operation.path.clone(),
            format!("an account was signed up, and signs in, with the password `{password}`{more}"),
        ))
    }

    async fn sign_up(&self, who: &Persona) -> Result<Box<Account>, Silence> {
        let extra = &self.trial.extra;
        match extra.sign_up("auto-weak", who, &self.secret).await? {
            SignedUp::Accepted(account) => Ok(account),
            SignedUp::Refused(answer) => Err(self.refused(&answer)),
        }
    }

    /// A second sign-up may be refused for reasons of its own, such as a telephone number that is taken.
    fn refused(&self, answer: &Answer) -> Silence {
        if speaks_of_password(answer) {
            let because = format!("the sign-up refuses a common password (status {})", status(answer));
            return held(answer, &self.trial.extra.like.answer, because);
        }
        Silence::undecided(ActCx::no_answer(answer).unwrap_or_else(|| {
            format!("the sign-up refuses (status {}), and does not say that the password is why", status(answer))
        }))
    }

    async fn sign_in(&self, who: &Persona, account: &Account) -> Result<Arc<Answer>, Silence> {
        let first = self.trial.extra.sign_in(who, &self.secret).await?;
        if let Some(because) = ActCx::no_answer(&first) {
            return Err(Silence::undecided(format!("signed up, and at the sign-in {because}")));
        }
        ensure(self.trial.lets_in(&first), || {
            let because = format!(
                "the sign-up answered status {}, and the sign-in refuses the password (status {})",
                status(&account.answer),
                status(&first)
            );
            held(&first, &self.trial.extra.like.answer, because)
        })?;
        Ok(first)
    }

    async fn wrong_is_refused(&self, who: &Persona) -> Result<Arc<Answer>, Silence> {
        let wrong = self.trial.extra.sign_in(who, &wrong_password()).await?;
        ensure(!self.trial.lets_in(&wrong), || Silence::undecided("any password signs the account in"))?;
        match ActCx::no_answer(&wrong) {
            Some(because) => Err(Silence::undecided(format!("another password was not judged: {because}"))),
            None => Ok(wrong),
        }
    }

    /// Whether even one character is taken: signed up and in.
    async fn single_is_taken(&self) -> Result<bool, SendError> {
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
}

/// Whether an answer says that the password is why.
fn speaks_of_password(answer: &Answer) -> bool {
    const SIGNS: &[&str] = &["pass", "pwd", "weak", "common", "character", "length", "short"];
    let said = answer.response().map(|response| response.text.to_ascii_lowercase()).unwrap_or_default();
    SIGNS.iter().any(|sign| said.contains(sign))
}
