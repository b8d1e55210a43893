//! Requests for a forgotten password, made for a spare account and for addresses that nobody has: the part of
//! `authn/user-enumeration` that is about resets.

use std::sync::Arc;

use serde_json::Map;

use super::trial::{Shape, nobody};
use crate::act::{Acting, Persona, Spare, is_email, is_password, is_user_name, sign_up_body};
use crate::checks::acting::ActCx;
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status};
use crate::model::{Api, Method, Role, Verdict};
use crate::probe::{Answer, Ask, Caller, SendError, Values, WriteKind, WriteNote, operation_url, serialize_body};
use crate::survey::words;

/// Requests of one operation: a spare account, then twice an unknown address, the known one, another unknown one.
pub(super) const REQUESTS: u32 = 4 + 6;

/// Whether an operation asks for a new password by nothing but a name or an address: `POST /auth/forgot-password`.
pub(super) fn asks_for_reset(api: &Api, acting: &Acting) -> bool {
    let operation = &acting.operation;
    if operation.method != Method::Post || !acting.slots.is_empty() || operation.requires_sign_in() {
        return false;
    }
    let mut said = words(&operation.path);
    said.extend(operation.operation_id.as_deref().map(words).unwrap_or_default());
    let any = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    let named = any(&["forgot", "forgotten", "lost"])
        || any(&["reset", "recover", "recovery"]) && any(&["password", "passwd", "account", "credentials"]);
    let fields = acting.fields(api);
    let identifies = fields.iter().any(|field| is_email(&field.name) || is_user_name(&field.name));
    let goes_on = fields.iter().any(|field| {
        let says = words(&field.name);
        is_password(&field.name)
            || ["token", "code", "otp", "pin", "key"].iter().any(|word| says.iter().any(|w| w == word))
    });
    named && identifies && !goes_on
}

/// Asks for a spare account and for nobody's, and compares the answers.
pub(super) async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    let Some(model) = cx.model() else {
        return Ok(skipped(
            "needs a throw-away account: no reset is asked for on yours",
            Some("scan with --auto-accounts"),
        ));
    };
    let spare = match cx.spares.make(model, &Map::new()).await? {
        Ok(spare) => spare,
        Err(because) => return Ok(inconclusive(because, None)),
    };
    let mut asked = Asked { cx, acting, spare: &spare, people: Vec::new(), unknown: Vec::new(), known: Vec::new() };
    if let Err(because) = asked.round().await? {
        return Ok(inconclusive(because, None));
    }
    match asked.difference() {
        Err(because) => return Ok(inconclusive(because, None)),
        Ok(None) => return Ok(held("an address that nobody has is answered like one of an account")),
        Ok(Some(_)) => {}
    }
    if let Err(because) = asked.round().await? {
        return Ok(inconclusive(because, None));
    }
    Ok(match asked.difference() {
        Err(because) => inconclusive(because, None),
        Ok(None) => held("the difference did not show again"),
        Ok(Some(difference)) => asked.proven(&difference),
    })
}

struct Asked<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    spare: &'a Spare,
    people: Vec<Persona>,
    unknown: Vec<Arc<Answer>>,
    known: Vec<Arc<Answer>>,
}

impl Asked<'_> {
    /// Unknown, known, unknown: what sets in meanwhile makes the unknown ones differ. The inner error is an answer that
    /// tells nothing.
    async fn round(&mut self) -> Result<Result<(), String>, SendError> {
        for turn in 0..3 {
            let stranger = (turn != 1).then(nobody);
            let answer = self.ask(stranger.as_ref().unwrap_or(&self.spare.persona)).await?;
            if let Some(because) = ActCx::no_answer(&answer) {
                return Ok(Err(because));
            }
            match stranger {
                Some(who) => {
                    self.people.push(who);
                    self.unknown.push(answer);
                }
                None => self.known.push(answer),
            }
        }
        Ok(Ok(()))
    }

    async fn ask(&self, who: &Persona) -> Result<Arc<Answer>, SendError> {
        let (api, probe) = (self.cx.maker.api, self.cx.maker.probe);
        let body = sign_up_body(api, self.acting, who);
        let url = operation_url(probe.base_url(), &self.acting.operation, &Values::new());
        let ask = Ask {
            method: self.acting.operation.method,
            headers: vec![("Accept".to_owned(), "application/json".to_owned())],
            body: Some(serialize_body(&body.media_type, &body.value)),
            // A limit is an answer here, and nothing to wait for.
            once: true,
            ..Ask::get(Caller::Anonymous, url.map_err(SendError::Unbuildable)?)
        };
        let note = WriteNote::bare(self.acting.operation.id.as_str(), &Caller::Anonymous.label(), WriteKind::Tries);
        Ok(probe.send_write(&ask, note).await?.answer)
    }

    fn difference(&self) -> Result<Option<String>, String> {
        let named: Vec<&Persona> = self.people.iter().chain([&self.spare.persona]).collect();
        let shape = |answers: &[Arc<Answer>]| {
            let answers: Vec<&Answer> = answers.iter().map(|answer| &**answer).collect();
            Shape::of(&answers, &named)
        };
        match (shape(&self.unknown), shape(&self.known)) {
            (Some(unknown), Some(known)) => Ok(unknown.differs_from(&known)),
            _ => Err("equal requests are not answered alike, so that a difference shows nothing".to_owned()),
        }
    }

    fn proven(&self, difference: &str) -> Verdict {
        let mut proof = Proof::default();
        let name = &self.spare.name;
        proof.clause("account-exists", true, format!("{name} was signed up and signs in"));
        proof.clause("unknown-agree", true, format!("{} unknown addresses are answered alike", self.unknown.len()));
        proof.clause("known-differs", true, format!("unknown against known: {difference}"));
        let times = self.known.len();
        proof.clause(
            "repeated",
            times >= 2,
            format!("the known one is answered alike {times} times, between unknown ones"),
        );
        for answer in &self.known {
            proof.show(Role::Attack, answer);
        }
        for answer in self.unknown.iter().take(3) {
            proof.show(Role::Control, answer);
        }
        proof.show(Role::Baseline, &self.spare.answer);
        let first = self.known.first().map(|answer| status(answer)).unwrap_or_default();
        proof.broken(Finding {
            site: "operation".to_owned(),
            cause: self.acting.operation.path.clone(),
            claim: format!("a reset is answered otherwise for an account that exists (status {first}; {difference})"),
            severity: None,
            surveyed: self.acting,
        })
    }
}
