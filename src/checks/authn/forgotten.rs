//! Requests for a forgotten password, made for a spare account and for addresses that no account has: the part of
//! `authn/user-enumeration` that is about resets.

use serde_json::Map;

use super::user_enumeration::weigh_difference;
use crate::act::Acting;
use crate::checks::acting::ActCx;
use crate::checks::rule::{CheckResult, Rule, Violation, status_text};
use crate::model::{Role, Silence};
use crate::trial::NameComparison;

/// Requests of one operation: a spare account, then twice an unknown address, the known one, another unknown one.
pub(super) const REQUESTS: u32 = 4 + 6;

/// Asks for a spare account and for strangers, and compares the answers.
pub(super) async fn check_password_reset(cx: &ActCx<'_>, acting: &Acting) -> CheckResult {
    let model =
        cx.model().ok_or_else(|| cx.lacks_account("needs a throw-away account: no reset is asked for on yours"))?;
    let mut rule = Rule::default();
    let spare = cx.spares.make(model, &Map::new()).await?.map_err(Silence::undecided);
    let spare = rule.need("account-exists", spare, |spare| format!("{} was signed up and signs in", spare.name))?;
    let mut compared = NameComparison::new(&spare.persona, "addresses");
    let known = compared.try_resets(cx, acting).await?;
    compared.difference(&known, "an address that no account has is answered like one of an account")?;
    compared.try_resets(cx, acting).await?;
    let difference = weigh_difference(&mut rule, &compared, &known, 2)?;
    rule.show(Role::Baseline, &spare.answer);
    rule.found(Violation::of(
        acting,
        "operation",
        acting.operation.path.clone(),
        format!(
            "a reset is answered otherwise for an account that exists (status {}; {difference})",
            status_text(&known)
        ),
    ))
}
