//! `property/mass-assignment`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::assigning::{Assignment, Recipient};
use super::candidates::{Again, Candidate, candidates, field_list, first_values, second_value, short, site};
use super::handing_over::hand_over;
use crate::act::{Acting, Kind, acting_of, declared};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::own_account::{Mirrored, Served, no_account};
use crate::checks::rights::Right;
use crate::checks::rule::{Finding, Judged, Rule, ensure, held};
use crate::model::{Draft, Operation, Role, Severity, Silence, clean, clean_name};
use crate::probe::Answer;

check! {
    /// ## What it does
    /// Sends fields that the document does not let callers send, such as `role`, `verified`, `balance`, `price` or
    /// `owner_id`, with an object of the scan's own, with a change of one, with a sign-up, and with a change of a
    /// throw-away account; then looks at the object or account on another route.
    ///
    /// ## Why it matters
    /// A framework that copies whole bodies into its records lets every user become an administrator, set prices, or
    /// approve its own requests.
    ///
    /// ## How it is confirmed
    /// All of these hold: the document does not declare the field for this operation, or declares it read-only; without
    /// it the object has another value; with it a read of the object, or of one's own account, shows the value that was
    /// sent; a field of no meaning in the same body does not come back, or the server had set the field itself and was
    /// overwritten; and the same happens with another object or another value. The answer to the write itself proves nothing: many handlers repeat what they were sent.
    ///
    /// ## When it stays silent
    /// When the view stays as it was, when the document lets callers set the field here or by another operation on such
    /// an object, and for fields that decide nothing, such as a colour or a note that the document forgot. An API that
    /// keeps any field beside those that it sets itself is only an observation. Accounts are changed only where the scan made them.
    ///
    /// ## References
    /// OWASP API3:2023, CWE-915
    MassAssignment {
        id: "property/mass-assignment",
        title: "A field that the caller must not set is stored",
        severity: High,
        level: Active,
        owasp: ["API3:2023"],
        cwe: [915],
        remedy: "field-allow-list",
        since: "0.2.0",
        plan: need,
        phase: Properties,
        write: run,
    }
}

fn need(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    if operation.method.is_safe() {
        return Need::NotApplicable;
    }
    // Two bodies with the view after each, one before, a few for what is refused; a sign-in for each account.
    match acting_of(cx.api, operation).kind {
        Kind::Create | Kind::Update | Kind::SignUp => Need::Requests(18),
        _ => Need::NotApplicable,
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    let recipient = recipient(cx, acting).await?;
    let unseen = || Silence::undecided(format!("no route shows {} what it made", recipient.caller()));
    let (before, echo) = recipient.before(cx).await?.ok_or_else(unseen)?;
    let found = candidates(cx, acting, &before.fields(), recipient.is_account());
    let values = first_values(cx, acting, &found);
    let attempt = Attempt { cx, acting, recipient, before, echo, found };
    let set = attempt.carry_out(&values).await;
    // Last: its maker may have no say in the object any more.
    match (set, hand_over(cx, acting, &attempt.recipient, &attempt.before).await) {
        (Ok(mut drafts), Ok(handed)) => {
            join(&mut drafts, handed);
            Ok(drafts)
        }
        (Err(_), Ok(handed)) => Ok(vec![handed]),
        (set, Err(_)) => set,
    }
}

/// One cause, one finding: what is as sure as the first is reported with it.
fn join(drafts: &mut Vec<Draft>, more: Draft) {
    match drafts.first_mut().filter(|first| first.confidence() == more.confidence()) {
        Some(first) => {
            first.site = format!("{}, {}", first.site, more.site);
            first.claim = format!("{}; and {}", first.claim, more.claim);
            first.severity = more.severity.or(first.severity);
            first.clauses.extend(more.clauses);
            first.exchanges.extend(more.exchanges);
            first.exchanges.sort_by_key(|item| item.role);
        }
        None => drafts.push(more),
    }
}

/// Returns what the fields are to be set on.
async fn recipient<'a>(cx: &ActCx<'a>, acting: &Acting) -> Result<Recipient<'a>, Silence> {
    let is_own = |index: usize| cx.maker.acting.get(index).is_some_and(|it| it.operation.id == acting.operation.id);
    match acting.kind {
        Kind::SignUp => {
            let made_by = cx.model().and_then(|account| account.made_by.as_ref());
            ensure(made_by.is_none(), || {
                Silence::not_applicable("only a higher role makes accounts here, and may decide these fields")
            })?;
            let like = cx.model().filter(|account| is_own(account.sign_up));
            like.map(Recipient::SignUp).ok_or_else(|| no_account(cx, acting))
        }
        Kind::Update if cx.changes_account(acting) => {
            let model = cx.model().ok_or_else(|| no_account(cx, acting))?;
            let spare = cx.spares.make(model, &Map::new()).await?.map_err(Silence::undecided)?;
            Ok(Recipient::Account(Box::new(spare)))
        }
        Kind::Update => {
            let owners = cx.check.survey.people.all.iter();
            let found = owners.filter_map(|person| cx.target(acting, &person.name)).map(|(created, _)| created);
            let known = found.min_by_key(|created| cx.account(&created.caller).is_none());
            let known = known.ok_or_else(|| cx.no_target(acting, true))?;
            let own = cx.fresh(&known).await?;
            let own = own.ok_or_else(|| Silence::undecided("no further object could be made to be changed"))?;
            cx.maker.forget(&own);
            Ok(Recipient::Object(Box::new(own)))
        }
        Kind::Create => {
            let made = cx.maker.made().into_iter().filter(|created| is_own(created.producer));
            let known = made.min_by_key(|created| cx.account(&created.caller).is_none());
            known.map(|created| Recipient::New(Box::new(created))).ok_or_else(|| cx.no_target(acting, true))
        }
        _ => Err(Silence::not_applicable("it neither makes nor changes an object")),
    }
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    recipient: Recipient<'a>,
    before: Mirrored,
    /// There is no view but the answers of the writes.
    echo: bool,
    found: Vec<Candidate>,
}

/// What was set, once and again.
struct Setting {
    first: Assignment,
    repeat: Assignment,
    /// The fields that were stored.
    kept: Vec<String>,
    /// A guarded function that serves the account now.
    served: Option<Served>,
    with_nonce: bool,
    is_repeated: bool,
    how: Again,
}

impl Attempt<'_> {
    async fn carry_out(&self, values: &Map<String, Value>) -> Judged {
        ensure(!values.is_empty(), || {
            Silence::not_applicable(
                "it shows no field of privilege, approval, money or allowance that callers must not send",
            )
        })?;
        let (first, with_nonce) = self.first_accepted(values).await?;
        ensure(first.seen.is_some(), || Silence::undecided("the object or account could not be looked at afterwards"))?;
        let mut stored = first.stored(&self.before);
        let served = self.served(&first).await?;
        if stored.is_empty() && served.is_some() {
            // No route shows the field, but what it decides does.
            let roles = self.found.iter().filter(|candidate| candidate.right == Right::Role);
            stored.extend(roles.map(|candidate| candidate.name.clone()));
            stored.retain(|name| first.sent.contains_key(name));
        }
        if stored.is_empty() {
            let because = format!("{} were sent, and nothing shows them afterwards", field_list(values.keys()));
            return Err(self.silent(first.answer.as_ref(), self.recipient.made_by(), because));
        }
        let setting = self.repeat(first, &stored, served, with_nonce).await?;
        self.prove(&setting)
    }

    /// The silence after fields that were not taken; `control` is the rightful write.
    fn silent(&self, attack: Option<&Arc<Answer>>, control: &Arc<Answer>, because: String) -> Silence {
        self.cx.note(self.acting, self.recipient.caller(), self.recipient.caller(), false, because.clone());
        match attack {
            Some(attack) => held(attack, control, because),
            None => Silence::undecided(because),
        }
    }

    /// Sends until a body is not refused outright: with all fields, without the one of no meaning, with single fields.
    async fn first_accepted(&self, values: &Map<String, Value>) -> Result<(Assignment, bool), Silence> {
        let only = |index: usize| -> Map<String, Value> {
            let candidate = self.found.iter().filter(|candidate| values.contains_key(&candidate.name)).nth(index);
            let pair = candidate.and_then(|candidate| values.get_key_value(&candidate.name));
            pair.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let mut tries = vec![(values.clone(), true), (values.clone(), false)];
        if values.len() > 1 {
            tries.extend([(only(0), true), (only(1), true)]);
        }
        let mut last = Assignment::default();
        for (fields, with_nonce) in tries {
            last = self.send(&self.before, &fields, with_nonce).await?;
            if last.refused.is_none() {
                return Ok((last, with_nonce));
            }
        }
        let plain = self.send(&self.before, &Map::new(), false).await?;
        let because = clean(&last.refused.unwrap_or_default(), 160);
        ensure(plain.refused.is_none(), || {
            Silence::undecided(format!("the operation could not be used even without further fields ({because})"))
        })?;
        let because = format!("a body with {} is refused: {because}", field_list(values.keys()));
        Err(self.silent(last.answer.as_ref(), plain.answer.as_ref().unwrap_or(self.recipient.made_by()), because))
    }

    async fn send(
        &self,
        before: &Mirrored,
        fields: &Map<String, Value>,
        with_nonce: bool,
    ) -> Result<Assignment, Silence> {
        self.recipient.attempt(self.cx, self.acting, before, fields, with_nonce).await
    }

    /// Returns a function of a higher role that refused the account, and serves it now.
    async fn served(&self, sent: &Assignment) -> Result<Option<Served>, Silence> {
        match self.cx.model().filter(|_| self.recipient.is_account()) {
            Some(model) => Ok(self.cx.ask_all_guarded(&model.name, &sent.caller).await?.filter(Served::serves)),
            None => Ok(None),
        }
    }

    async fn repeat(
        &self,
        first: Assignment,
        stored: &[String],
        served: Option<Served>,
        with_nonce: bool,
    ) -> Result<Setting, Silence> {
        let how = match self.recipient {
            Recipient::Account(_) => Again::PutBack,
            Recipient::Object(_) => Again::SameObject,
            _ => Again::OtherObject,
        };
        let second = stored.iter().filter_map(|name| {
            let candidate = self.found.iter().find(|candidate| candidate.name == *name)?;
            Some((name.clone(), second_value(self.cx, candidate, first.sent.get(name)?, how)))
        });
        let then = first.seen.clone().unwrap_or_default();
        let base = if how == Again::OtherObject { &self.before } else { &then };
        let repeat = self.send(base, &second.collect(), with_nonce).await?;
        let repeated = repeat.stored(base);
        let by_function = stored.iter().all(|name| then.value(name).is_none());
        if by_function {
            // A role that was put back is taken away again.
            let is_repeated = self.served(&repeat).await?.is_some() == (how != Again::PutBack);
            let kept = stored.to_vec();
            return Ok(Setting { first, repeat, kept, served, with_nonce, is_repeated, how });
        }
        let both: Vec<String> = stored.iter().filter(|name| repeated.contains(name)).cloned().collect();
        let is_repeated = !both.is_empty();
        let kept = if is_repeated { both } else { stored.to_vec() };
        Ok(Setting { first, repeat, kept, served, with_nonce, is_repeated, how })
    }

    fn prove(&self, setting: &Setting) -> Judged {
        let Setting { first, repeat, with_nonce, .. } = setting;
        let keeps_anything = first.keeps_anything() || repeat.keeps_anything();
        // Where anything is kept, what the server had set by itself was still overwritten.
        let servers: Vec<&String> = setting.kept.iter().filter(|name| self.is_set_by_server(name)).collect();
        let excused = keeps_anything && servers.is_empty();
        let kept = if keeps_anything && !excused { servers } else { setting.kept.iter().collect() };

        let mut rule = Rule::default();
        let (what, id) = (field_list(kept.iter().copied()), &self.acting.operation.id);
        rule.need("not-the-callers-to-set", Ok(declared(self.cx.maker.api, self.acting)), |names| match names {
            Some(_) => format!("the document does not let callers send {what} to {id}"),
            None => format!("the document of {id} says nothing of {what}"),
        })?;
        kept.iter().for_each(|name| self.look_at_effect(&mut rule, first, name));
        if let Some(served) = &setting.served {
            let because = format!("{} refused such an account, and serves this one", served.operation);
            rule.weigh("gives-power", served.serves(), because);
        }
        let nonce = match (keeps_anything, with_nonce) {
            (true, _) if excused => "a field of no meaning came back too: the API keeps anything",
            (true, _) => {
                "a field of no meaning came back too, but these the server had set itself, and they were overwritten"
            }
            (false, true) => "a field of no meaning in the same body does not come back",
            (false, false) => "a body with a field of no meaning is refused",
        };
        rule.weigh("keeps-not-just-anything", !excused, nonce);
        rule.weigh("repeated", setting.is_repeated, format!("{} shows the same", setting.how.as_str()));
        self.show(&mut rule, setting);
        let finding = self.finding(&kept, first);
        self.cx.note(self.acting, self.recipient.caller(), self.recipient.caller(), true, finding.claim.clone());
        if excused { rule.observed(finding) } else { rule.found(finding) }
    }

    fn look_at_effect(&self, rule: &mut Rule, first: &Assignment, name: &str) {
        let field = clean_name(name, 60);
        let sent = first.sent.get(name).map(short).unwrap_or_default();
        let was = self.before.value(name).map_or_else(|| "not shown".to_owned(), |(value, _)| short(value));
        let is_echo = self.echo || first.echo;
        let Some((now, _)) = first.seen.as_ref().and_then(|seen| seen.value(name)) else { return };
        let before = self.before.value(name).map(|(value, _)| value);
        rule.weigh("was-otherwise", before != Some(now), format!("without it, `{field}` is {was}"));
        let because = match is_echo {
            true => format!(
                "the answer shows `{field}` as {sent}, and no other route shows the object; declare a GET of it to settle this"
            ),
            false => format!("a read afterwards shows `{field}` as {sent}"),
        };
        rule.weigh("shows-elsewhere", (!is_echo).then_some(true), because);
    }

    /// Whether the server gives the field a value of its own that no caller sent.
    fn is_set_by_server(&self, name: &str) -> bool {
        let shown = |candidate: &Candidate| candidate.present.as_ref().is_some_and(|value| !value.is_null());
        self.found.iter().any(|candidate| candidate.name == name && shown(candidate))
    }

    fn show(&self, rule: &mut Rule, setting: &Setting) {
        let Setting { first, repeat, served, .. } = setting;
        let views = first.seen.iter().flat_map(Mirrored::answers).filter(|_| !first.echo);
        rule.show_all(Role::Attack, &first.answer).show_all(Role::Baseline, self.before.answers());
        rule.show_all(Role::Readback, views).show_all(Role::Readback, served.iter().map(|served| &served.after));
        rule.show_all(Role::Control, repeat.answer.iter().chain(repeat.seen.iter().flat_map(Mirrored::answers)));
        rule.show_all(Role::Control, served.iter().filter_map(|served| served.before.as_ref()));
    }

    fn finding(&self, kept: &[&String], first: &Assignment) -> Finding<'_> {
        let rights: Vec<_> = self.found.iter().filter(|candidate| kept.contains(&&candidate.name)).collect();
        let power = rights.iter().any(|candidate| candidate.right.is_power());
        let what = if self.recipient.is_account() { "its account" } else { "its object" };
        let kinds: BTreeSet<&str> = rights.iter().map(|candidate| candidate.right.as_str()).collect();
        let value = |name: &String| first.sent.get(name).map(short).unwrap_or_default();
        let values = kept.iter().map(|name| format!("`{}` ({})", clean_name(name, 60), value(name)));
        let (values, kinds) = (values.collect::<Vec<_>>().join(", "), kinds.into_iter().collect::<Vec<_>>().join(", "));
        Finding {
            site: site(kept),
            cause: self.acting.operation.path.clone(),
            claim: format!("{} set {values} of {what}: {kinds}", self.recipient.caller()),
            severity: power.then_some(Severity::Critical),
            surveyed: self.acting,
        }
    }
}
