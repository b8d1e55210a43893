//! `authz/role-escalation`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::marks::roles_of;
use crate::act::{Account, Acting, Kind, Spare, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::own_account::{Mirrored, Served, no_account};
use crate::checks::rights::{Right, right_of, vocabulary};
use crate::checks::role_changes::{is_on_accounts, is_raised, is_role_function, plain_role, role_fields, wish};
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, see, status};
use crate::model::{Draft, Operation, Role, Silence, Verdict, clean, clean_name};
use crate::probe::Answer;
use crate::survey::role_word;
use crate::trial::{refusal, unjudged};

check! {
    /// ## What it does
    /// Asks for a higher role where the document itself has a field or a function for roles: in a change of a throw-away
    /// account, by a function such as `PUT /users/{id}/role`, and in a sign-up.
    ///
    /// ## Why it matters
    /// Whoever can make itself an administrator can do whatever the API can do.
    ///
    /// ## How it is confirmed
    /// All of these hold: the account has a lower role before; afterwards a read of the account shows the higher role, or
    /// a function that is marked for a higher role and refused such an account serves it; and setting the role back, or
    /// a second account, shows the same. Where such a function is known, it must serve the account: a word in a
    /// profile is no power. A sign-up that offers the role to everybody needs that function as well.
    ///
    /// ## When it stays silent
    /// When the role stays as it was, whatever the answer said, and for roles that are no privilege, such as author and
    /// reader. Roles are changed on accounts of the scan's own alone. A role field that the document does not declare is
    /// property/mass-assignment.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-269
    RoleEscalation {
        id: "authz/role-escalation",
        title: "A caller can raise its own role",
        severity: Critical,
        level: Active,
        owasp: ["API5:2023"],
        cwe: [269],
        remedy: "field-allow-list",
        since: "0.2.0",
        plan: need,
        phase: Functions,
        after: ["property/mass-assignment"],
        write: run,
    }
}

/// The check that tries fields which the document does not name.
const UNDECLARED: &str = "property/mass-assignment";

fn need(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method.is_safe() {
        return Need::NotApplicable;
    }
    let acting = acting_of(cx.api, operation);
    if role_fields(cx.api, &acting).is_empty() && !is_role_function(&acting) {
        // A role that the document does not know of is tried with the other fields that must not be set.
        let changes = matches!(acting.kind, Kind::SignUp | Kind::Update);
        return if changes { Need::Requests(0) } else { Need::NotApplicable };
    }
    // Two accounts, two changes, the account and a guarded function after each.
    Need::Requests(16)
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    let signs_up = acting.kind == Kind::SignUp;
    let is_of_account = signs_up || cx.changes_account(acting);
    if let Some(draft) = raise_by_undeclared(cx, acting).filter(|_| is_of_account) {
        return Ok(vec![draft]);
    }
    let has_roles = !role_fields(cx.maker.api, acting).is_empty();
    let by_function =
        is_role_function(acting) && is_on_accounts(cx, acting) && role_word(&acting.operation.path).is_none();
    ensure(is_of_account || by_function, || Silence::not_applicable("it does not change the caller's own account"))?;
    ensure(has_roles || is_role_function(acting), || {
        see(UNDECLARED, "a role that the document does not name is tried with the other fields that must not be set")
    })?;
    let model = cx.model().ok_or_else(|| no_account(cx, acting))?;
    let used = cx.maker.acting.get(model.sign_up);
    ensure(!signs_up || used.is_some_and(|used| used.operation.id == acting.operation.id), || {
        Silence::not_applicable("accounts are not made by this operation")
    })?;
    ensure(!signs_up || model.made_by.is_none(), || {
        Silence::not_applicable("only a higher role makes accounts here, and may give them roles")
    })?;
    let ordinary = cx.mirror(&cx.who(model)).await?.ok_or_else(not_shown)?;
    let wish = wish(cx, acting, &ordinary);
    ensure(!wish.is_empty() || by_function, || Silence::not_applicable("the roles that it takes are no privileges"))?;
    let attempt = Attempt { cx, acting, model, wish, signs_up };
    attempt.carry_out(&ordinary).await
}

fn not_shown() -> Silence {
    Silence::undecided("no route shows an account to itself")
}

/// Returns the proof that an account got a role which the document does not name.
fn raise_by_undeclared(cx: &ActCx<'_>, acting: &Acting) -> Option<Draft> {
    let Verdict::Broken(drafts) = cx.earlier(UNDECLARED, &acting.operation.id)? else { return None };
    let is_role = |site: &str| {
        let name = site.trim().trim_start_matches("body:/");
        right_of(name, &Value::Null) == Some(Right::Role)
    };
    let draft = drafts.into_iter().find(|draft| !draft.observation && draft.site.split(',').any(is_role))?;
    Some(Draft { claim: format!("an account raised its own role: {}", draft.claim), severity: None, ..draft })
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    /// The account whose refusals are known.
    model: &'a Account,
    wish: Map<String, Value>,
    signs_up: bool,
}

/// An account after it asked for a higher role.
struct Raised {
    spare: Spare,
    before: Mirrored,
    answer: Arc<Answer>,
    seen: Mirrored,
    /// The fields that show a higher role and did not before.
    fields: Vec<String>,
    /// The guarded function that was asked.
    function: Option<Served>,
}

impl Raised {
    fn serves(&self) -> bool {
        self.function.as_ref().is_some_and(Served::serves)
    }
}

impl Attempt<'_> {
    async fn carry_out(&self, ordinary: &Mirrored) -> Judged {
        let first = self.raise(ordinary).await?;
        if first.fields.is_empty() && !first.serves() {
            let because = match refusal(&first.answer) {
                Some(sign) => format!("the higher role is refused: {sign}"),
                None => format!("the role stays as it was (status {})", status(&first.answer)),
            };
            self.cx.note(self.acting, &first.spare.name, &first.spare.name, false, because.clone());
            let own = first.seen.answers().next().unwrap_or(&first.spare.answer);
            return Err(held(&first.answer, own, because));
        }
        if let Some(answer) = self.put_back(&first).await? {
            return self.prove(&first, true, Some(answer));
        }
        match self.raise(ordinary).await {
            Ok(second) => {
                let same = second.fields == first.fields && second.serves() == first.serves();
                self.put_back(&second).await?;
                self.prove(&first, same, Some(second.answer))
            }
            Err(_) => self.prove(&first, false, None),
        }
    }

    /// Asks for the higher role with a spare account, and looks.
    async fn raise(&self, ordinary: &Mirrored) -> Result<Raised, Silence> {
        let cx = self.cx;
        let further = if self.signs_up { self.wish.clone() } else { Map::new() };
        let spare = cx.spares.make(self.model, &further).await?;
        let spare = spare.map_err(|unmade| match unmade.answer.filter(|_| self.signs_up) {
            Some(answer) => {
                let because = format!("a sign-up with a higher role is refused: {}", clean(&unmade.because, 160));
                held(&answer, &self.model.answer, because)
            }
            None => Silence::undecided(unmade.because),
        })?;
        let who = cx.who_spare(&spare);
        let (before, answer) = if self.signs_up {
            (ordinary.clone(), Arc::clone(&spare.answer))
        } else {
            let before = cx.mirror(&who).await?.ok_or_else(not_shown)?;
            let written = cx.change_account(self.acting, &spare.name, &spare, &before, &self.wish).await?;
            (before, written.map_err(Silence::undecided)?.answer)
        };
        if let Some(because) = unjudged(&answer) {
            return Err(Silence::undecided(because));
        }
        let seen = cx.mirror(&who).await?;
        let seen = seen.ok_or_else(|| Silence::undecided("the account could not be looked at afterwards"))?;
        let fields = self.raised_fields(&before, &seen);
        let function = self.ask_function(&spare, !fields.is_empty()).await?;
        Ok(Raised { spare, before, answer, seen, fields, function })
    }

    /// Returns the fields of the account that are a higher role's now, and were not.
    fn raised_fields(&self, before: &Mirrored, seen: &Mirrored) -> Vec<String> {
        let higher = roles_of(self.cx.check);
        let fields = seen.fields();
        let raised = fields.iter().filter(|(name, value)| {
            let was = before.value(name).map(|(value, _)| value.clone()).unwrap_or_default();
            right_of(name, value) == Some(Right::Role) && is_raised(value, &higher) && !is_raised(&was, &higher)
        });
        raised.map(|(name, _)| name.clone()).collect()
    }

    /// Asks functions of a higher role that refuse ordinary accounts, as the spare one. A token that carries the role is
    /// fetched anew where the account shows a higher one.
    async fn ask_function(&self, spare: &Spare, is_raised: bool) -> Result<Option<Served>, Silence> {
        let asked = self.cx.ask_all_guarded(&self.model.name, &spare.name).await?;
        let is_refused = asked.as_ref().is_some_and(|asked| !asked.serves());
        if is_refused && is_raised && self.cx.sign_in_again(spare).await? {
            return Ok(self.cx.ask_all_guarded(&self.model.name, &spare.name).await?);
        }
        Ok(asked)
    }

    /// Sets the role back by the same operation; the answer of the read that shows it.
    async fn put_back(&self, raised: &Raised) -> Result<Option<Arc<Answer>>, Silence> {
        if self.signs_up || self.wish.is_empty() {
            return Ok(None);
        }
        let old = |(name, value): (&String, &Value)| (name.clone(), plain_role(&raised.before, name, value));
        let (old, spare): (Map<String, Value>, &Spare) = (self.wish.iter().map(old).collect(), &raised.spare);
        if self.cx.change_account(self.acting, &spare.name, spare, &raised.seen, &old).await?.is_err() {
            return Ok(None);
        }
        let Some(seen) = self.cx.mirror(&self.cx.who_spare(spare)).await? else { return Ok(None) };
        if raised.fields.is_empty() {
            let function = self.ask_function(spare, false).await?;
            return Ok(function.filter(|function| !function.serves()).map(|function| function.after));
        }
        let restored = raised.fields.iter().all(|name| match raised.before.value(name) {
            Some((value, _)) => seen.shows(name, value),
            None => !raised.seen.value(name).is_some_and(|(value, _)| seen.shows(name, value)),
        });
        Ok(restored.then(|| seen.answers().next().cloned()).flatten())
    }

    fn prove(&self, first: &Raised, repeated: bool, again: Option<Arc<Answer>>) -> Judged {
        let (mut rule, name) = (Rule::default(), &first.spare.name);
        let shown = |view: &Mirrored, field: &str| {
            view.value(field).map_or_else(|| "not shown".to_owned(), |(value, _)| clean(&value.to_string(), 60))
        };
        for field in &first.fields {
            let (label, was, now) = (clean_name(field, 60), shown(&first.before, field), shown(&first.seen, field));
            rule.weigh("role-was-lower", was != now, format!("`{label}` was {was}"));
            rule.weigh(
                "role-is-higher",
                first.seen.value(field).is_some(),
                format!("a read of the account shows `{label}` as {now}"),
            );
        }
        self.weigh_power(&mut rule, first);
        let how = match self.signs_up {
            true => "a second account got the same",
            false => "setting it back, or a second account, shows too",
        };
        rule.weigh("repeated", repeated, how).show(Role::Attack, &first.answer);
        let function = first.function.as_ref();
        rule.show_all(Role::Baseline, first.before.answers()).show_all(Role::Readback, first.seen.answers());
        rule.show_all(Role::Readback, function.map(|function| &function.after));
        rule.show_all(Role::Control, function.and_then(|function| function.before.as_ref()));
        rule.show_all(Role::Control, &again);
        let field = self.wish.keys().next().or(first.fields.first()).map(|field| clean_name(field, 60));
        let claim = match (&field, self.signs_up) {
            (Some(field), true) => format!("{name} signed up with a higher role in `{field}`"),
            (Some(field), false) => format!("{name} raised its own role by `{field}`"),
            (None, _) => format!("{name} raised its own role"),
        };
        self.cx.note(self.acting, name, name, true, claim.clone());
        rule.found(Finding {
            site: field.map_or_else(|| "operation".to_owned(), |field| format!("body:/{field}")),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
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
                status(&function.after)
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
            let known = vocabulary(self.cx.maker.api, name);
            !known.is_empty() && value.as_str().is_some_and(|value| !known.iter().any(|word| word == value))
        });
        let unset = first.fields.iter().any(|name| first.before.value(name).is_none_or(|(value, _)| value.is_null()));
        self.signs_up || outside || unset
    }
}
