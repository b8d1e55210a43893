//! `authz/function-read`.

mod view;

use view::higher_view;

use super::lower_role::{enforced_nearby, lower_caller};
use crate::checks::context::{CheckCx, PlanCx, present_leaves};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, ensure, let_through, status_text};
use crate::model::{Operation, Role, Silence};
use crate::probe::AskCaller;
use crate::survey::{AnswerKind, Surveyed, first_mark, higher_roles};

check! {
    /// ## What it does
    /// Asks for functions that a document marks as a higher role's (by words such as `admin` in path, tag or
    /// operationId, or by scopes) as a user of a lower role.
    ///
    /// ## Why it matters
    /// A function that only the user interface hides is open to every account.
    ///
    /// ## How it is confirmed
    /// An identity of a higher role is served; the lower role gets values of that answer, twice; an anonymous caller
    /// does not; and another function under the same mark refuses the lower role, so that roles are enforced there.
    /// All functions under one mark that are open to the lower role are one finding.
    ///
    /// ## When it stays silent
    /// When the lower role is refused, when anyone is served (the function is public), and when what comes back is not
    /// what the higher role is shown, or is shown to each caller of itself. Where the mark stands over most of the API
    /// and the lower role is served there. Where nothing under the mark refuses the lower role it is only suspected, and
    /// only where the API itself was seen to know two roles.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-285
    FunctionRead {
        id: "authz/function-read",
        title: "A lower role reaches a higher role's reading function",
        severity: High,
        level: Passive,
        owasp: ["API5:2023"],
        cwe: [285],
        remedy: "role-check",
        since: "0.1.0",
        plan: plan_requests,
        read: check_privileged_read,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let ranks = cx.identities.iter().map(|identity| (identity.rank, identity.role.as_str()));
    if !PlanCx::is_read(operation) || first_mark(operation, &higher_roles(ranks)).is_none() {
        return Need::NotApplicable;
    }
    Need::Requests(3)
}

async fn check_privileged_read(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let mut rule = Rule::default();
    let lower = lower_caller(cx, |_| false)?;
    let higher = cx.survey.people.all.iter().filter(|person| person.rank > lower.rank);
    let rightful = higher.filter_map(|person| surveyed.valid_of(&person.name)).next();
    let own = surveyed.by.get(&lower.name).filter(|_| surveyed.slots.is_empty());
    let request = own.or(rightful).ok_or_else(|| Silence::undecided("no caller got data here"))?;
    let attack = cx.send(&request.ask_as(AskCaller::named(&lower.name))).await?;

    let masks = rightful.map(|baseline| baseline.masks.clone()).unwrap_or_default();
    let control = rightful.map_or(&attack, |baseline| &baseline.first);
    let_through(surveyed.read(&attack, &masks, &[]), &attack, control, &lower.name)?;
    let fence = cx.survey.fence(&surveyed.operation, lower);
    let fence = rule.need("marked-for-higher-role", fence, |fence| fence.mark.describe())?;
    // Anyone is served: no matter of roles. Whether that is meant is asked by authn/missing.
    ensure(!matches!(surveyed.anonymous_reading(), Some(AnswerKind::Data)), || {
        Silence::open("public: an anonymous caller is served too")
    })?;

    let wanted = match rightful {
        Some(rightful) => {
            let view = higher_view(cx, surveyed, (rightful, &fence.mark), lower, &attack);
            let (wanted, shown) = rule.need("carries-higher-view", view, |(_, shown)| {
                format!("{shown} values of what {} is shown", rightful.caller)
            })?;
            rule.show(Role::Baseline, &rightful.first);
            Some((wanted, shown))
        }
        None => {
            rule.weigh("carries-higher-view", None, "no identity of a higher role is configured; add one to settle it");
            None
        }
    };
    let refused = match surveyed.anonymous_reading() {
        Some(AnswerKind::Refused(because)) => Some(format!("anonymous: {because}")),
        _ => None,
    };
    let because = refused.clone().unwrap_or_else(|| "no anonymous answer to compare with".to_owned());
    rule.weigh("anonymous-refused", refused.map(|_| true), because);
    rule.show_all(Role::Control, &surveyed.anonymous);
    enforced_nearby(cx, &mut rule, &fence, lower)?;

    let again = cx.send(&request.ask_as(AskCaller::named(&lower.name)).again(2)).await?;
    let shown_again = again.response().zip(wanted.as_ref()).map(|(it, (wanted, _))| present_leaves(wanted, it).len());
    let same = again.status() == attack.status() && shown_again == wanted.as_ref().map(|(_, shown)| *shown);
    rule.weigh("repeated", same, format!("the same request again gave status {}", status_text(&again)));
    rule.show(Role::Attack, &attack);
    let (name, role, word) = (&lower.name, &lower.role, &fence.mark.word);
    let claim = format!("{name} ({role}) was served a function that `{word}` marks as a higher role's");
    rule.found(Violation::of(surveyed, "operation", fence.mark.root.as_str(), claim))
}
