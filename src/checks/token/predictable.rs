//! `token/predictable`.

mod remaking;

use std::sync::Arc;

use remaking::{Named, remaking_of};

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, nothing_found};
use crate::model::{Role, Silence};
use crate::probe::{Answer, TokenCarrier};
use crate::survey::{AnswerKind, Person, Surveyed};

check! {
    /// ## What it does
    /// Compares the opaque tokens that sign-ins gave to two accounts: whether one is made from the other by putting the other
    /// user's name or number in, plain, encoded (base64, hex) or hashed, or by counting on.
    ///
    /// ## Why it matters
    /// Whoever knows how a token is made makes that of any user.
    ///
    /// ## How it is confirmed
    /// The token of one account, remade for the other by that rule, is the other's token: proof without a request. The token
    /// is what the caller is served by, and wrong ones are refused.
    ///
    /// ## When it stays silent
    /// For signed tokens, for credentials that were configured, and where no rule makes one from the other.
    ///
    /// ## References
    /// OWASP API2:2023, CWE-330
    Predictable {
        id: "token/predictable",
        title: "The token of another user can be made",
        severity: Critical,
        level: Active,
        owasp: ["API2:2023"],
        cwe: [330],
        remedy: "unguessable-ids",
        since: "0.2.0",
        plan: |cx, operation| match PlanCx::is_read(operation) && cx.identities.len() > 1 {
            true => Need::Requests(0),
            false => Need::NotApplicable,
        },
        read: check_predictable_token,
    }
}

async fn check_predictable_token(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let people = cx.survey.people.all.iter().filter(|person| surveyed.valid_of(&person.name).is_some());
    let with_token: Vec<(Named, Arc<Answer>)> = people.filter_map(|person| named_token(cx, person)).collect();
    let [(one, _), (other, login), ..] = with_token.as_slice() else {
        return Err(Silence::not_applicable("no two callers came with opaque tokens of a sign-in"));
    };
    let refused = |reading: Option<AnswerKind>| matches!(reading, Some(AnswerKind::Refused(_)));
    ensure(refused(surveyed.garbage_reading()), || Silence::open("a wrong token is served too"))?;
    let served = surveyed.valid_of(&other.caller).ok_or_else(|| Silence::undecided("no valid answer"))?;
    let mut rule = Rule::default();
    let how =
        remaking_of(one, other).ok_or_else(|| nothing_found(&served.first, "no rule makes one token from the other"));
    let how = rule
        .need("token-remade", how, |how| format!("the token of {}, {how}, is that of {}", one.caller, other.caller))?;
    rule.weigh("wrong-token-refused", refused(surveyed.garbage_reading()), "a token of random letters is refused");
    rule.weigh("token-is-served", surveyed.valid_of(&one.caller).is_some(), "both are served by their tokens here");
    rule.show(Role::Attack, login).show(Role::Baseline, &served.first).show_all(Role::Control, &surveyed.garbage);
    let claim = format!("the token of {} can be made from that of {}: {how}", other.caller, one.caller);
    rule.found(Violation::of(surveyed, "token", "predictable token", claim))
}

/// Returns the opaque token that a sign-in gave to a person, with how the API names that person.
fn named_token(cx: &CheckCx<'_>, person: &Person) -> Option<(Named, Arc<Answer>)> {
    let session = cx.probe.sessions().get(&person.name)?;
    let login = session.login.clone()?;
    if session.jwt().is_some() || session.token.expose().len() > 400 {
        return None;
    }
    let names = cx.principals().spelled(person);
    let is_cookie_header = session.carrier == TokenCarrier::Cookie("*".to_owned());
    Some((Named { caller: person.name.clone(), token: session.token.clone(), is_cookie_header, names }, login))
}
