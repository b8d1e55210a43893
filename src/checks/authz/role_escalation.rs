//! `authz/role-escalation`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::marks::roles_of;
use crate::act::{Acting, Kind, Spare, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::own_account::{Mirrored, is_served, no_account};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::checks::rights::{Right, right_of, vocabulary};
use crate::checks::role_changes::{is_on_accounts, is_raised, is_role_function, plain_role, role_fields, wish};
use crate::model::{Draft, Operation, Role, Verdict, clean, clean_name};
use crate::probe::{Answer, SendError};
use crate::survey::{Surveyed, role_word};

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
    }
}

impl Check for RoleEscalation {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
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

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Functions
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if let Some(draft) = cx.raise_by(acting) {
        let claim = format!("an account raised its own role: {}", draft.claim);
        return Ok(Verdict::Broken(vec![Draft { claim, severity: None, ..draft }]));
    }
    if role_fields(cx.maker.api, acting).is_empty() && !is_role_function(acting) {
        if acting.kind != Kind::SignUp && !cx.changes_account(acting) {
            return Ok(held("it does not change the caller's own account"));
        }
        return Ok(if cx.has_tried_fields(acting) {
            held("no role that the document does not name was taken")
        } else {
            skipped("a role that the document does not name is tried by property/mass-assignment", None)
        });
    }
    let Some(model) = cx.model() else { return Ok(no_account()) };
    let by_function =
        is_role_function(acting) && is_on_accounts(cx, acting) && role_word(&acting.operation.path).is_none();
    let signs_up = acting.kind == Kind::SignUp;
    if !signs_up && !by_function && !cx.changes_account(acting) {
        return Ok(held("it does not change the caller's own account"));
    }
    if signs_up && cx.maker.acting.get(model.sign_up).is_none_or(|used| used.operation.id != acting.operation.id) {
        return Ok(held("accounts are not made by this operation"));
    }
    if signs_up && let Some(admin) = &model.made_by {
        return Ok(held(format!("only a higher role such as {admin}'s makes accounts here, and may give them roles")));
    }
    let Some(ordinary) = cx.mirror(&cx.who(model)).await? else {
        return Ok(inconclusive("no route shows an account to itself", None));
    };
    let wish = wish(cx, acting, &ordinary);
    if wish.is_empty() && !by_function {
        return Ok(held("the roles that it takes are no privileges"));
    }
    let attempt = Attempt { cx, acting, account: &model.name, wish, signs_up };
    attempt.carry_out(&ordinary).await
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    /// The account whose refusals are known.
    account: &'a str,
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
    /// The guarded function that was asked, its answer now, and whether it serves.
    function: Option<(String, Arc<Answer>, bool)>,
}

impl Raised {
    fn serves(&self) -> bool {
        self.function.as_ref().is_some_and(|(_, _, serves)| *serves)
    }
}

impl Attempt<'_> {
    async fn carry_out(&self, ordinary: &Mirrored) -> Result<Verdict, SendError> {
        let first = match self.raise(ordinary).await? {
            Ok(raised) => raised,
            Err(verdict) => return Ok(verdict),
        };
        if first.fields.is_empty() && !first.serves() {
            let because = match ActCx::refusal(&first.answer) {
                Some(sign) => format!("the higher role is refused: {sign}"),
                None => format!("the role stays as it was (status {})", status(&first.answer)),
            };
            self.cx.note(self.acting, &first.spare.name, &first.spare.name, false, because.clone());
            return Ok(held(because));
        }
        let back = self.put_back(&first).await?;
        let (repeated, again) = match back {
            Some(answer) => (true, Some(answer)),
            None => match self.raise(ordinary).await? {
                Ok(second) => {
                    let same = second.fields == first.fields && second.serves() == first.serves();
                    self.put_back(&second).await?;
                    (same, Some(second.answer))
                }
                Err(_) => (false, None),
            },
        };
        Ok(self.verdict(&first, repeated, again))
    }

    /// Asks for the higher role with a spare account, and looks.
    async fn raise(&self, ordinary: &Mirrored) -> Result<Result<Raised, Verdict>, SendError> {
        let cx = self.cx;
        let Some(model) = cx.model() else { return Ok(Err(no_account())) };
        let none = Map::new();
        let spare = match cx.spares.make(model, if self.signs_up { &self.wish } else { &none }).await? {
            Ok(spare) => spare,
            Err(because) if self.signs_up => {
                return Ok(Err(held(format!("a sign-up with a higher role is refused: {}", clean(&because, 160)))));
            }
            Err(because) => return Ok(Err(inconclusive(because, None))),
        };
        let (before, answer) = if self.signs_up {
            (ordinary.clone(), Arc::clone(&spare.answer))
        } else {
            let Some(before) = cx.mirror(&cx.who_spare(&spare)).await? else {
                return Ok(Err(inconclusive("no route shows an account to itself", None)));
            };
            match cx.change_account(self.acting, &spare.name, &spare, &before, &self.wish).await? {
                Ok(written) => (before, written.answer),
                Err(because) => return Ok(Err(inconclusive(because, None))),
            }
        };
        if let Some(because) = ActCx::no_answer(&answer) {
            return Ok(Err(inconclusive(because, None)));
        }
        let Some(seen) = cx.mirror(&cx.who_spare(&spare)).await? else {
            return Ok(Err(inconclusive("the account could not be looked at afterwards", None)));
        };
        let fields = self.raised_fields(&before, &seen);
        let function = self.ask_function(&spare, !fields.is_empty()).await?;
        Ok(Ok(Raised { spare, before, answer, seen, fields, function }))
    }

    /// Fields of the account that are a higher role's now, and were not.
    fn raised_fields(&self, before: &Mirrored, seen: &Mirrored) -> Vec<String> {
        let higher = roles_of(self.cx.check);
        let fields = seen.fields();
        let raised = fields.iter().filter(|(name, value)| {
            let was = before.value(name).map(|(value, _)| value.clone()).unwrap_or_default();
            right_of(name, value) == Some(Right::Role) && is_raised(value, &higher) && !is_raised(&was, &higher)
        });
        raised.map(|(name, _)| name.clone()).collect()
    }

    /// A function of a higher role that refuses ordinary accounts, asked as the spare one. A token that carries the role
    /// is fetched anew where the account shows a higher one.
    async fn ask_function(
        &self,
        spare: &Spare,
        is_raised: bool,
    ) -> Result<Option<(String, Arc<Answer>, bool)>, SendError> {
        let mut last = None;
        for surveyed in self.cx.guarded(self.account).into_iter().take(2) {
            let Some(mut answer) = self.cx.ask_guarded(surveyed, &spare.name).await? else { continue };
            if !is_served(&answer) && is_raised && last.is_none() && self.cx.sign_in_again(spare).await? {
                answer = self.cx.ask_guarded(surveyed, &spare.name).await?.unwrap_or(answer);
            }
            let serves = is_served(&answer);
            last = Some((surveyed.operation.id.0.clone(), answer, serves));
            if serves {
                break;
            }
        }
        Ok(last)
    }

    /// Sets the role back by the same operation; the answer of the read that shows it.
    async fn put_back(&self, raised: &Raised) -> Result<Option<Arc<Answer>>, SendError> {
        if self.signs_up || self.wish.is_empty() {
            return Ok(None);
        }
        let old: Map<String, Value> =
            self.wish.iter().map(|(name, value)| (name.clone(), plain_role(&raised.before, name, value))).collect();
        let spare = &raised.spare;
        if self.cx.change_account(self.acting, &spare.name, spare, &raised.seen, &old).await?.is_err() {
            return Ok(None);
        }
        let Some(seen) = self.cx.mirror(&self.cx.who_spare(spare)).await? else { return Ok(None) };
        if raised.fields.is_empty() {
            let function = self.ask_function(spare, false).await?;
            let refused = function.filter(|(_, _, serves)| !serves);
            return Ok(refused.map(|(_, answer, _)| answer));
        }
        let restored = raised.fields.iter().all(|name| match raised.before.value(name) {
            Some((value, _)) => seen.shows(name, value),
            None => !raised.seen.value(name).is_some_and(|(value, _)| seen.shows(name, value)),
        });
        Ok(restored.then(|| seen.answers().next().cloned()).flatten())
    }

    fn verdict(&self, first: &Raised, repeated: bool, again: Option<Arc<Answer>>) -> Verdict {
        let mut proof = Proof::default();
        let name = &first.spare.name;
        let shown = |view: &Mirrored, field: &String| {
            view.value(field).map_or_else(|| "not shown".to_owned(), |(value, _)| clean(&value.to_string(), 60))
        };
        for field in &first.fields {
            let label = clean_name(field, 60);
            proof.clause("role-was-lower", true, format!("`{label}` was {}", shown(&first.before, field)));
            proof.clause(
                "role-is-higher",
                true,
                format!("a read of the account shows `{label}` as {}", shown(&first.seen, field)),
            );
        }
        self.power_clause(&mut proof, first);
        let how = if self.signs_up {
            "a second account got the same"
        } else {
            "setting it back, or a second account, shows too"
        };
        proof.clause("repeated", repeated, how);
        proof.show(Role::Attack, &first.answer);
        for answer in first.before.answers() {
            proof.show(Role::Baseline, answer);
        }
        for answer in first.seen.answers() {
            proof.show(Role::Readback, answer);
        }
        if let Some((_, answer, _)) = &first.function {
            proof.show(Role::Readback, answer);
        }
        if let Some(refusal) = self.refusal() {
            proof.show(Role::Control, refusal);
        }
        if let Some(answer) = &again {
            proof.show(Role::Control, answer);
        }
        let field = self.wish.keys().next().or(first.fields.first());
        let claim = match (field, self.signs_up) {
            (Some(field), true) => format!("{name} signed up with a higher role in `{}`", clean_name(field, 60)),
            (Some(field), false) => format!("{name} raised its own role by `{}`", clean_name(field, 60)),
            (None, _) => format!("{name} raised its own role"),
        };
        self.cx.note(self.acting, name, name, true, claim.clone());
        proof.broken(Finding {
            site: field.map_or_else(|| "operation".to_owned(), |field| format!("body:/{}", clean_name(field, 60))),
            cause: self.acting.operation.path.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        })
    }

    /// Whether the role gives power: by a function, or by what the field is.
    fn power_clause(&self, proof: &mut Proof, first: &Raised) {
        match &first.function {
            Some((operation, _, true)) => {
                proof.clause(
                    "gives-power",
                    true,
                    format!("{operation} refuses ordinary accounts, and serves this one"),
                );
            }
            Some((operation, answer, false)) => {
                proof.open(
                    "gives-power",
                    format!(
                        "{operation} still refuses the account (status {}); the role may be a word in a profile",
                        status(answer)
                    ),
                );
            }
            None if self.is_doubtful(first) => {
                proof.open(
                    "gives-power",
                    "no function is known that refuses ordinary accounts, so that the role may be a mere word; a read that is marked for administrators would settle it",
                );
            }
            None => {}
        }
    }

    /// A role that everybody is offered, or that nobody but the caller ever set, may be no privilege.
    fn is_doubtful(&self, first: &Raised) -> bool {
        let outside = self.wish.iter().any(|(name, value)| {
            let known = vocabulary(self.cx.maker.api, name);
            !known.is_empty() && value.as_str().is_some_and(|value| !known.iter().any(|word| word == value))
        });
        let unset = first.fields.iter().any(|name| first.before.value(name).is_none_or(|(value, _)| value.is_null()));
        self.signs_up || outside || unset
    }

    /// The refusal of an ordinary account by a guarded function.
    fn refusal(&self) -> Option<&Answer> {
        let guarded: Vec<&Surveyed> = self.cx.guarded(self.account);
        guarded.first().and_then(|surveyed| surveyed.by.get(self.account)).map(|own| &*own.first)
    }
}
