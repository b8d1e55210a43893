//! Asking for a higher role with a spare account, and what the account is then.

use serde_json::{Map, Value};

use crate::act::{Account, Acting};
use crate::checks::acting::ActCx;
use crate::checks::rights::{Right, listed_values, right_of};
use crate::checks::role_changes::{is_raised, plain_role};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, status_text};
use crate::model::{Role, Silence, clean_name, clean_text};
use crate::trial::{ChangedAccount, refusal_sign};
use crate::trial::{GuardedAnswers, Mirrored};

/// The role fields of an operation, with a higher value each.
pub(super) struct Raising<'a> {
    pub(super) cx: &'a ActCx<'a>,
    pub(super) acting: &'a Acting,
    /// The account whose refusals are known, and how it looks.
    pub(super) model: &'a Account,
    pub(super) ordinary: Mirrored,
    pub(super) wish: Map<String, Value>,
    pub(super) signs_up: bool,
}

/// An account after it asked for a higher role.
struct Raised {
    account: ChangedAccount,
    /// The fields that show a higher role and did not before.
    fields: Vec<String>,
    /// The guarded function that was asked.
    function: Option<GuardedAnswers>,
}

impl Raised {
    fn serves(&self) -> bool {
        self.function.as_ref().is_some_and(GuardedAnswers::serves)
    }

    /// Returns what the account shows in a field before or afterwards.
    fn shown(view: &Mirrored, field: &str) -> String {
        view.value(field).map_or_else(|| "not shown".to_owned(), |(value, _)| clean_text(&value.to_string(), 60))
    }
}

impl Raising<'_> {
    pub(super) async fn carry_out(&self) -> CheckResult {
        let first = self.raise().await?;
        let (name, answer) = (&first.account.spare.name, &first.account.answer);
        if first.fields.is_empty() && !first.serves() {
            let because = match refusal_sign(answer) {
                Some(sign) => format!("the higher role is refused: {sign}"),
                None => format!("the role stays as it was (status {})", status_text(answer)),
            };
            self.cx.note(self.acting, name, name, false, because.clone());
            let own = first.account.seen.answers().next().unwrap_or(&first.account.spare.answer);
            return Err(defence_held(answer, own, because));
        }
        let mut rule = Rule::default();
        self.rest_on_fields(&mut rule, &first);
        self.weigh_power(&mut rule, &first);
        let repeated = match self.put_back(&mut rule, &first).await? {
            true => true,
            false => self.repeat(&mut rule, &first).await?,
        };
        let how = match self.signs_up {
            true => "a second account got the same",
            false => "setting it back, or a second account, shows too",
        };
        rule.weigh("repeated", repeated, how).show(Role::Attack, answer);
        let field = self.wish.keys().next().or(first.fields.first()).map(|field| clean_name(field, 60));
        let claim = match (&field, self.signs_up) {
            (Some(field), true) => format!("{name} signed up with a higher role in `{field}`"),
            (Some(field), false) => format!("{name} raised its own role by `{field}`"),
            (None, _) => format!("{name} raised its own role"),
        };
        self.cx.note(self.acting, name, name, true, claim.clone());
        let site = field.map_or_else(|| "operation".to_owned(), |field| format!("body:/{field}"));
        rule.found(Violation::of(self.acting, site, self.acting.operation.path.as_str(), claim))
    }

    /// Asks for the higher role with a spare account, and looks.
    async fn raise(&self) -> Result<Raised, Silence> {
        let higher = self.cx.survey.people.higher_roles();
        let account = self.cx.change_spare(self.acting, (self.model, &self.ordinary), &self.wish).await?;
        let is_now = |name: &str, value: &Value| {
            let was = account.before.value(name).map(|(value, _)| value.clone()).unwrap_or_default();
            right_of(name, value) == Some(Right::Role) && is_raised(value, &higher) && !is_raised(&was, &higher)
        };
        let fields: Vec<String> = account
            .seen
            .fields()
            .into_iter()
            .filter(|(name, value)| is_now(name, value))
            .map(|(name, _)| name)
            .collect();
        let function = self.ask_function(&account, !fields.is_empty()).await?;
        Ok(Raised { account, fields, function })
    }

    /// Asks functions of a higher role that refuse ordinary accounts, as the spare one. A token that carries the role is
    /// fetched anew where the account shows a higher one.
    async fn ask_function(&self, account: &ChangedAccount, is_raised: bool) -> Result<Option<GuardedAnswers>, Silence> {
        let asked = self.cx.ask_guarded_from(&self.model.name, &account.spare.name).await?;
        let is_refused = asked.as_ref().is_some_and(|asked| !asked.serves());
        if is_refused && is_raised && self.cx.sign_in_again(&account.spare).await? {
            return Ok(self.cx.ask_guarded_from(&self.model.name, &account.spare.name).await?);
        }
        Ok(asked)
    }

    /// Sets the role back by the same operation, and looks whether a read shows that too.
    async fn put_back(&self, rule: &mut Rule, raised: &Raised) -> Result<bool, Silence> {
        if self.signs_up || self.wish.is_empty() {
            return Ok(false);
        }
        let ChangedAccount { spare, before, seen: was, .. } = &raised.account;
        let old = self.wish.iter().map(|(name, value)| (name.clone(), plain_role(before, name, value))).collect();
        if self.cx.change_account(self.acting, &spare.name, spare, was, &old).await?.is_err() {
            return Ok(false);
        }
        let Some(seen) = self.cx.mirror(&self.cx.who_spare(spare)).await? else { return Ok(false) };
        if raised.fields.is_empty() {
            let function = self.ask_function(&raised.account, false).await?.filter(|function| !function.serves());
            rule.show_all(Role::Control, function.as_ref().map(|function| &function.after));
            return Ok(function.is_some());
        }
        let restored = raised.fields.iter().all(|name| match before.value(name) {
            Some((value, _)) => seen.shows(name, value),
            None => !was.value(name).is_some_and(|(value, _)| seen.shows(name, value)),
        });
        rule.show_all(Role::Control, seen.answers().next().filter(|_| restored));
        Ok(restored)
    }

    /// Raises a second account, and looks whether that went the same way.
    async fn repeat(&self, rule: &mut Rule, first: &Raised) -> Result<bool, Silence> {
        let Ok(second) = self.raise().await else { return Ok(false) };
        let mut unshown = Rule::default();
        self.put_back(&mut unshown, &second).await?;
        rule.show(Role::Control, &second.account.answer);
        Ok(second.fields == first.fields && second.serves() == first.serves())
    }

    /// Adds the role before and afterwards.
    fn rest_on_fields(&self, rule: &mut Rule, first: &Raised) {
        let ChangedAccount { before, seen, .. } = &first.account;
        for field in &first.fields {
            let (label, was, now) = (clean_name(field, 60), Raised::shown(before, field), Raised::shown(seen, field));
            rule.weigh("role-was-lower", was != now, format!("`{label}` was {was}"));
            let higher = format!("a read of the account shows `{label}` as {now}");
            rule.weigh("role-is-higher", seen.value(field).is_some(), higher);
        }
        let function = first.function.as_ref();
        rule.show_all(Role::Baseline, before.answers()).show_all(Role::Readback, seen.answers());
        rule.show_all(Role::Readback, function.map(|function| &function.after));
        rule.show_all(Role::Control, function.and_then(|function| function.before.as_ref()));
    }

    /// Weighs whether the role gives power: by a function, or by what the field is.
    fn weigh_power(&self, rule: &mut Rule, first: &Raised) {
        let because = match &first.function {
            Some(function) if function.serves() => {
                format!("{} refuses ordinary accounts, and serves this one", function.operation)
            }
            Some(function) => format!(
                "{} still refuses the account (status {}); the role may be a word in a profile",
                function.operation,
                status_text(&function.after)
            ),
            None if self.is_doubtful(first) => {
                "no function is known that refuses ordinary accounts, so that the role may be a mere word; a read that is marked for administrators would settle it".to_owned()
            }
            None => return,
        };
        rule.weigh("gives-power", first.serves().then_some(true), because);
    }

    /// Whether the role may be no privilege: all are offered it, or none but the caller ever set it.
    fn is_doubtful(&self, first: &Raised) -> bool {
        let outside = self.wish.iter().any(|(name, value)| {
            let known = listed_values(self.cx.maker.api, name);
            !known.is_empty() && value.as_str().is_some_and(|value| !known.iter().any(|word| word == value))
        });
        let unset =
            first.fields.iter().any(|name| first.account.before.value(name).is_none_or(|(value, _)| value.is_null()));
        self.signs_up || outside || unset
    }
}
