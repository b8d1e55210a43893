//! `authn/user-enumeration`.

use std::sync::Arc;

use super::forgotten;
use super::trial::{Shape, Trial, nobody, wrong_password};
use crate::act::{Acting, Kind, Persona, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, status, unsent};
use crate::model::{Method, Operation, Role, Verdict};
use crate::probe::{Answer, SendError};

check! {
    /// ## What it does
    /// Signs in with a wrong password, under the name of a throw-away account and under names that nobody has, and
    /// compares the refusals. Where a new password can be asked for by name or address alone, does so for a spare
    /// throw-away account and for addresses that nobody has, all in a domain that receives no mail (RFC 2606).
    ///
    /// ## Why it matters
    /// Whoever learns which accounts exist tries passwords on these alone, and knows whom to write a convincing mail to.
    ///
    /// ## How it is confirmed
    /// The account's own password signs it in; the refusals of three unknown names agree with each other, the two of the
    /// known name agree with each other, and the former differ from the latter in status or in content, once the names
    /// are masked and what varies by itself is left out. The whole is done a second time, with other unknown names, and
    /// all refusals of one kind must agree. Known and unknown names take turns, so that a limit that sets in meanwhile
    /// makes the refusals of one kind differ, which is no finding.
    ///
    /// ## When it stays silent
    /// When the refusals agree, when those of one kind do not, and when the rate is limited. How long an answer takes
    /// decides nothing. Wrong passwords and resets are tried on throw-away accounts alone.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-204
    UserEnumeration {
        id: "authn/user-enumeration",
        title: "Sign-in or reset tells which accounts exist",
        severity: Low,
        level: Intrusive,
        owasp: ["API2:2023"],
        cwe: [204],
        remedy: "uniform-sign-in",
        since: "0.2.0",
    }
}

impl Check for UserEnumeration {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if operation.method != Method::Post {
            return Need::NotApplicable;
        }
        let acting = acting_of(cx.api, operation);
        if forgotten::asks_for_reset(cx.api, &acting) {
            return Need::Requests(if cx.identities.is_empty() { 0 } else { forgotten::REQUESTS });
        }
        if acting.kind != Kind::SignIn {
            return Need::NotApplicable;
        }
        // Five wrong passwords, twice, and the right one before, between and after.
        Need::Requests(if cx.identities.is_empty() { 0 } else { 13 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Enumeration
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if forgotten::asks_for_reset(cx.maker.api, acting) {
        return forgotten::run(cx, acting).await;
    }
    if acting.kind != Kind::SignIn {
        return Ok(held("it does not sign users in"));
    }
    let trial = match Trial::of_sign_in(cx, acting) {
        Ok(trial) => trial,
        Err(verdict) => return Ok(verdict),
    };
    let right = trial.right().await?;
    if !trial.lets_in(&right) {
        let because = format!("the right password of {} does not sign it in (status {})", trial.name(), status(&right));
        return Ok(inconclusive(because, None));
    }
    let mut tried = Tried::default();
    let first = round(&trial, &mut tried).await?;
    // Counters of failures start anew for what comes after.
    trial.right().await?;
    match first.and_then(|()| tried.difference(&trial)) {
        Err(because) => return Ok(inconclusive(because, None)),
        Ok(None) => return Ok(held("unknown names are refused as a known one with a wrong password")),
        Ok(Some(_)) => {}
    }
    let second = round(&trial, &mut tried).await?;
    trial.right().await?;
    Ok(match second.and_then(|()| tried.difference(&trial)) {
        Err(because) => inconclusive(because, None),
        Ok(None) => held("the difference between unknown names and a known one did not show again"),
        Ok(Some(difference)) => proven(acting, &trial, &right, &tried, &difference),
    })
}

/// The refusals of unknown names and of the known one.
#[derive(Default)]
struct Tried {
    people: Vec<Persona>,
    unknown: Vec<Arc<Answer>>,
    known: Vec<Arc<Answer>>,
}

impl Tried {
    /// In what the refusals differ by kind; an error where those of one kind do not agree.
    fn difference(&self, trial: &Trial<'_>) -> Result<Option<String>, String> {
        let named: Vec<&Persona> = self.people.iter().chain([trial.persona()]).collect();
        let shape = |answers: &[Arc<Answer>]| {
            let answers: Vec<&Answer> = answers.iter().map(|answer| &**answer).collect();
            Shape::of(&answers, &named)
        };
        match (shape(&self.unknown), shape(&self.known)) {
            (Some(unknown), Some(known)) => Ok(unknown.differs_from(&known)),
            _ => Err("equal sign-ins are not answered alike, so that a difference shows nothing".to_owned()),
        }
    }
}

/// Unknown, known, unknown, known, unknown; an error where an answer cannot be compared.
async fn round(trial: &Trial<'_>, tried: &mut Tried) -> Result<Result<(), String>, SendError> {
    let password = wrong_password();
    for turn in 0..5 {
        let unknown = (turn % 2 == 0).then(nobody);
        let answer = trial.with(unknown.as_ref().unwrap_or(trial.persona()), &password).await?;
        if let Some(because) = ActCx::no_answer(&answer) {
            return Ok(Err(because));
        }
        if trial.lets_in(&answer) {
            let because = match unknown {
                Some(_) => "a name that nobody has is signed in: the sign-in may make accounts",
                None => "a wrong password is taken",
            };
            return Ok(Err(because.to_owned()));
        }
        match unknown {
            Some(who) => {
                tried.people.push(who);
                tried.unknown.push(answer);
            }
            None => tried.known.push(answer),
        }
    }
    Ok(Ok(()))
}

fn proven(acting: &Acting, trial: &Trial<'_>, right: &Answer, tried: &Tried, difference: &str) -> Verdict {
    let mut proof = Proof::default();
    let name = trial.name();
    proof.clause("account-exists", true, format!("the right password signs {name} in (status {})", status(right)));
    proof.clause("unknown-agree", true, format!("{} unknown names are answered alike", tried.unknown.len()));
    proof.clause("known-differs", true, format!("unknown against known name: {difference}"));
    let times = tried.known.len();
    proof.clause(
        "repeated",
        times >= 4,
        format!("the known name is answered alike {times} times, between unknown ones"),
    );
    for answer in tried.known.iter().take(2) {
        proof.show(Role::Attack, answer);
    }
    for answer in tried.unknown.iter().take(3) {
        proof.show(Role::Control, answer);
    }
    proof.show(Role::Baseline, right);
    proof.broken(Finding {
        site: "operation".to_owned(),
        cause: acting.operation.path.clone(),
        claim: format!("a wrong password is answered otherwise for an account that exists ({difference})"),
        severity: None,
        surveyed: acting,
    })
}
