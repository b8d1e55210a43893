//! `property/mass-assignment`.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::assigning::{Subject, Trial};
use super::candidates::{Again, Candidate, candidates, first_values, second_value};
use super::handing_over::hand_over;
use crate::act::{Acting, Kind, acting_of};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::own_account::{Mirrored, is_served, no_account};
use crate::checks::proof::{Finding, Proof, held, inconclusive, skipped, status, unsent};
use crate::model::{Draft, Operation, Role, Severity, Verdict, clean, clean_name};
use crate::probe::{Answer, SendError};

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
    }
}

impl Check for MassAssignment {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if operation.method.is_safe() {
            return Need::NotApplicable;
        }
        // Two bodies with the view after each, one before, a few for what is refused; a sign-in for each account.
        match acting_of(cx.api, operation).kind {
            Kind::Create | Kind::Update | Kind::SignUp => Need::Requests(18),
            _ => Need::NotApplicable,
        }
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Properties
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    let subject = match subject(cx, acting).await? {
        Ok(subject) => subject,
        Err(verdict) => return Ok(verdict),
    };
    let Some((before, echo)) = subject.before(cx).await? else {
        return Ok(inconclusive(format!("no route shows {} what it made", subject.caller()), None));
    };
    let found = candidates(cx, acting, &before.fields(), subject.is_account());
    cx.keep_tried_fields(acting);
    let values = first_values(cx, acting, &found);
    let attempt = Attempt { cx, acting, subject, before, echo, found };
    let verdict = if values.is_empty() {
        held("it shows no field of privilege, approval, money or allowance that callers must not send")
    } else {
        attempt.carry_out(&values).await?
    };
    if let Verdict::Broken(drafts) = &verdict
        && attempt.subject.is_account()
    {
        let is_role = |draft: &&Draft| {
            let named = |candidate: &Candidate| draft.site.contains(&candidate.name);
            attempt
                .found
                .iter()
                .any(|candidate| candidate.right == crate::checks::rights::Right::Role && named(candidate))
        };
        if let Some(draft) = drafts.iter().find(is_role) {
            cx.keep_raise(acting, draft.clone());
        }
    }
    // Last: its maker may have no say in the object any more.
    let handed = hand_over(cx, acting, &attempt.subject, &attempt.before).await?;
    Ok(match (verdict, handed) {
        (Verdict::Broken(mut drafts), Some(Verdict::Broken(more))) => {
            for handed in more {
                join(&mut drafts, handed);
            }
            Verdict::Broken(drafts)
        }
        (verdict @ Verdict::Broken(_), _) => verdict,
        (verdict, handed) => handed.unwrap_or(verdict),
    })
}

/// One cause, one finding: what is as sure as the first is told with it.
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

/// What the fields are to be set on: always something that the scan made.
async fn subject<'a>(cx: &ActCx<'a>, acting: &Acting) -> Result<Result<Subject<'a>, Verdict>, SendError> {
    match acting.kind {
        Kind::SignUp => {
            if let Some(admin) = cx.model().and_then(|account| account.made_by.as_ref()) {
                return Ok(Err(held(format!("only a higher role such as {admin}'s makes accounts here"))));
            }
            let like = cx.model().filter(|account| {
                cx.maker.acting.get(account.sign_up).is_some_and(|used| used.operation.id == acting.operation.id)
            });
            Ok(like.map(|model| Subject::SignUp { model }).ok_or_else(no_account))
        }
        Kind::Update if cx.changes_account(acting) => {
            let Some(model) = cx.model() else { return Ok(Err(no_account())) };
            let spare = cx.spares.make(model, &Map::new()).await?;
            Ok(spare
                .map(|spare| Subject::Account { spare: Box::new(spare) })
                .map_err(|because| inconclusive(because, None)))
        }
        Kind::Update => {
            let owners = cx.check.survey.people.all.iter();
            let found = owners.filter_map(|person| cx.target(acting, &person.name)).map(|(created, _)| created);
            let Some(known) = found.min_by_key(|created| cx.account(&created.caller).is_none()) else {
                return Ok(Err(no_object(cx, acting)));
            };
            let Some(own) = cx.fresh(&known).await? else {
                return Ok(Err(inconclusive("no further object could be made to be changed", None)));
            };
            cx.maker.forget(&own);
            Ok(Ok(Subject::Object { created: Box::new(own) }))
        }
        Kind::Create => {
            let producer = cx.maker.acting.iter().position(|other| other.operation.id == acting.operation.id);
            let made = cx.maker.made();
            let found = made
                .iter()
                .filter(|created| Some(created.producer) == producer)
                .min_by_key(|created| cx.account(&created.caller).is_none());
            Ok(found
                .map(|created| Subject::New { caller: created.caller.clone(), producer: created.producer })
                .ok_or_else(|| no_object(cx, acting)))
        }
        _ => Ok(Err(held("it neither makes nor changes an object"))),
    }
}

fn no_object(cx: &ActCx<'_>, acting: &Acting) -> Verdict {
    let because = cx.maker.why_not(acting.resource.as_deref());
    skipped(
        because.unwrap_or_else(|| "no operation of the document makes an object of this kind".to_owned()),
        Some(
            "let a caller make objects of this kind (a POST that the document describes), so that one may be written to",
        ),
    )
}

struct Attempt<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    subject: Subject<'a>,
    before: Mirrored,
    /// There is no view but the answers of the writes.
    echo: bool,
    found: Vec<Candidate>,
}

/// A guarded function before and after.
struct Served {
    operation: String,
    before: Option<Arc<Answer>>,
    after: Arc<Answer>,
}

impl Attempt<'_> {
    async fn carry_out(&self, values: &Map<String, Value>) -> Result<Verdict, SendError> {
        let (first, with_nonce) = match self.first_accepted(values).await? {
            Ok(found) => found,
            Err(verdict) => return Ok(verdict),
        };
        if first.seen.is_none() {
            return Ok(inconclusive("the object or account could not be looked at afterwards", None));
        }
        let mut stored = first.stored(&self.before);
        let served = self.served(&first).await?;
        if stored.is_empty() && served.is_some() {
            // No route shows the field, but what it decides does.
            let is_role = |candidate: &&Candidate| candidate.right == crate::checks::rights::Right::Role;
            stored.extend(self.found.iter().filter(is_role).map(|candidate| candidate.name.clone()));
            stored.retain(|name| first.sent.contains_key(name));
        }
        if stored.is_empty() {
            let because = format!("{} were sent, and nothing shows them afterwards", names(values.keys()));
            self.cx.note(self.acting, self.subject.caller(), self.subject.caller(), false, because.clone());
            return Ok(held(because));
        }
        self.prove(&first, &stored, served, with_nonce).await
    }

    /// The first body that is not refused outright: with all fields, without the one of no meaning, with single fields.
    async fn first_accepted(&self, values: &Map<String, Value>) -> Result<Result<(Trial, bool), Verdict>, SendError> {
        let only = |index: usize| -> Map<String, Value> {
            let candidate = self.found.iter().filter(|candidate| values.contains_key(&candidate.name)).nth(index);
            let pair = candidate.and_then(|candidate| values.get_key_value(&candidate.name));
            pair.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let mut tries = vec![(values.clone(), true), (values.clone(), false)];
        if values.len() > 1 {
            tries.extend([(only(0), true), (only(1), true)]);
        }
        let mut because = String::new();
        for (fields, with_nonce) in tries {
            let trial = self.subject.attempt(self.cx, self.acting, &self.before, &fields, with_nonce).await?;
            match &trial.refused {
                None => return Ok(Ok((trial, with_nonce))),
                Some(refusal) => because = refusal.clone(),
            }
        }
        let plain = self.subject.attempt(self.cx, self.acting, &self.before, &Map::new(), false).await?;
        let because = clean(&because, 160);
        Ok(Err(match plain.refused {
            None => held(format!("a body with {} is refused: {because}", names(values.keys()))),
            Some(_) => {
                inconclusive(format!("the operation could not be used even without further fields ({because})"), None)
            }
        }))
    }

    /// A function of a higher role that refused the account, and serves it now.
    async fn served(&self, trial: &Trial) -> Result<Option<Served>, SendError> {
        let account = match &self.subject {
            Subject::SignUp { model } => &model.name,
            Subject::Account { .. } => match self.cx.model() {
                Some(model) => &model.name,
                None => return Ok(None),
            },
            Subject::New { .. } | Subject::Object { .. } => return Ok(None),
        };
        for surveyed in self.cx.guarded(account).into_iter().take(2) {
            let Some(after) = self.cx.ask_guarded(surveyed, &trial.caller).await? else { continue };
            if is_served(&after) {
                let before = surveyed.by.get(account).map(|own| Arc::clone(&own.first));
                return Ok(Some(Served { operation: surveyed.operation.id.0.clone(), before, after }));
            }
        }
        Ok(None)
    }

    async fn prove(
        &self,
        first: &Trial,
        stored: &[String],
        served: Option<Served>,
        with_nonce: bool,
    ) -> Result<Verdict, SendError> {
        let again = match self.subject {
            Subject::Account { .. } => Again::PutBack,
            Subject::Object { .. } => Again::SameObject,
            _ => Again::OtherObject,
        };
        let of = |name: &String| self.found.iter().find(|candidate| candidate.name == *name);
        let second: Map<String, Value> = stored
            .iter()
            .filter_map(|name| {
                let value = second_value(self.cx, of(name)?, first.sent.get(name)?, again);
                Some((name.clone(), value))
            })
            .collect();
        let then = first.seen.clone().unwrap_or_default();
        let base = if again == Again::OtherObject { &self.before } else { &then };
        let repeat = self.subject.attempt(self.cx, self.acting, base, &second, with_nonce).await?;
        let repeated = repeat.stored(base);
        let by_function = stored.iter().all(|name| first.seen.as_ref().is_none_or(|seen| seen.value(name).is_none()));
        let served_again = if by_function { self.served(&repeat).await? } else { None };
        let kept: Vec<&String> = if by_function {
            stored.iter().collect()
        } else {
            let both: Vec<&String> = stored.iter().filter(|name| repeated.contains(name)).collect();
            if both.is_empty() { stored.iter().collect() } else { both }
        };
        // A role that was put back is taken away again.
        let is_repeated = if by_function {
            served_again.is_some() == (again != Again::PutBack)
        } else {
            kept.iter().all(|name| repeated.contains(name))
        };
        let keeps_anything = first.keeps_anything() || repeat.keeps_anything();
        // Where anything is kept, what the server had set by itself was still overwritten.
        let servers: Vec<&String> = kept.iter().copied().filter(|name| self.is_set_by_server(name)).collect();
        let excused = keeps_anything && servers.is_empty();
        let kept = if keeps_anything && !excused { servers } else { kept };
        let mut proof = Proof::default();
        self.document_clause(&mut proof, &kept);
        self.effect_clause(&mut proof, first, &kept, served.as_ref());
        nonce_clause(&mut proof, keeps_anything, excused, with_nonce);
        proof.clause("repeated", is_repeated, format!("{} shows the same", repeat_words(again)));
        self.show(&mut proof, first, &repeat, served.as_ref());
        let finding = self.finding(&kept, first);
        self.cx.note(self.acting, self.subject.caller(), self.subject.caller(), true, finding.claim.clone());
        Ok(if excused { proof.fact(finding) } else { proof.broken(finding) })
    }

    fn document_clause(&self, proof: &mut Proof, kept: &[&String]) {
        let what = names(kept.iter().copied());
        let because = match crate::act::declared(self.cx.maker.api, self.acting) {
            Some(_) => format!("the document does not let callers send {what} to {}", self.acting.operation.id),
            None => format!("the document of {} says nothing of {what}", self.acting.operation.id),
        };
        proof.clause("not-the-callers-to-set", true, because);
    }

    fn effect_clause(&self, proof: &mut Proof, first: &Trial, kept: &[&String], served: Option<&Served>) {
        for name in kept {
            let field = clean_name(name, 60);
            let sent = first.sent.get(*name).map(short).unwrap_or_default();
            let was = self.before.value(name).map_or_else(|| "not shown".to_owned(), |(value, _)| short(value));
            let now = first.seen.as_ref().and_then(|seen| seen.value(name));
            if self.echo || first.echo {
                proof.clause("was-otherwise", true, format!("without it, `{field}` is {was}"));
                proof.open(
                    "shows-elsewhere",
                    format!("the answer shows `{field}` as {sent}, and no other route shows the object; declare a GET of it to settle this"),
                );
            } else if now.is_some() {
                proof.clause("was-otherwise", true, format!("without it, `{field}` is {was}"));
                proof.clause("shows-elsewhere", true, format!("a read afterwards shows `{field}` as {sent}"));
            }
        }
        if let Some(served) = served {
            proof.clause(
                "gives-power",
                true,
                format!("{} refused such an account, and serves this one", served.operation),
            );
        }
    }

    /// Whether the server gives the field a value of its own that no caller sent.
    fn is_set_by_server(&self, name: &str) -> bool {
        let shown = |candidate: &Candidate| candidate.present.as_ref().is_some_and(|value| !value.is_null());
        self.found.iter().any(|candidate| candidate.name == name && shown(candidate))
    }

    fn show(&self, proof: &mut Proof, first: &Trial, repeat: &Trial, served: Option<&Served>) {
        if let Some(answer) = &first.answer {
            proof.show(Role::Attack, answer);
        }
        for answer in self.before.answers() {
            proof.show(Role::Baseline, answer);
        }
        for answer in first.seen.iter().flat_map(Mirrored::answers).filter(|_| !first.echo) {
            proof.show(Role::Readback, answer);
        }
        for answer in repeat.answer.iter().chain(repeat.seen.iter().flat_map(Mirrored::answers)) {
            proof.show(Role::Control, answer);
        }
        if let Some(served) = served {
            proof.show(Role::Readback, &served.after);
            if let Some(before) = &served.before {
                proof.show(Role::Control, before);
            }
        }
    }

    fn finding(&self, kept: &[&String], first: &Trial) -> Finding<'_> {
        let rights: Vec<_> = self.found.iter().filter(|candidate| kept.contains(&&candidate.name)).collect();
        let power = rights.iter().any(|candidate| candidate.right.is_power());
        let what = if self.subject.is_account() { "its account" } else { "its object" };
        let kinds = rights.iter().map(|candidate| candidate.right.as_str());
        let kinds: std::collections::BTreeSet<&str> = kinds.collect();
        let values: Vec<String> = kept
            .iter()
            .map(|name| {
                let value = first.sent.get(*name).map(short).unwrap_or_default();
                format!("`{}` ({value})", clean_name(name, 60))
            })
            .collect();
        Finding {
            site: site(kept),
            cause: self.acting.operation.path.clone(),
            claim: format!(
                "{} set {} of {what}: {}",
                self.subject.caller(),
                values.join(", "),
                kinds.into_iter().collect::<Vec<_>>().join(", ")
            ),
            severity: power.then_some(Severity::Critical),
            surveyed: self.acting,
        }
    }
}

fn nonce_clause(proof: &mut Proof, keeps_anything: bool, excused: bool, with_nonce: bool) {
    let because = match (keeps_anything, with_nonce) {
        (true, _) if excused => "a field of no meaning came back too: the API keeps anything",
        (true, _) => {
            "a field of no meaning came back too, but these the server had set itself, and they were overwritten"
        }
        (false, true) => "a field of no meaning in the same body does not come back",
        (false, false) => "a body with a field of no meaning is refused",
    };
    proof.clause("keeps-not-just-anything", !excused, because);
}

fn repeat_words(again: Again) -> &'static str {
    match again {
        Again::PutBack => "putting the old value back by the same operation",
        Again::SameObject => "another value",
        Again::OtherObject => "another one of the kind",
    }
}

/// `body:/role, body:/plan`.
pub(super) fn site(fields: &[&String]) -> String {
    fields.iter().map(|name| format!("body:/{}", clean_name(name, 60))).collect::<Vec<_>>().join(", ")
}

/// Fields by name, for sentences.
fn names<'n>(fields: impl Iterator<Item = &'n String>) -> String {
    fields.map(|name| format!("`{}`", clean_name(name, 60))).collect::<Vec<_>>().join(", ")
}

/// A value for sentences.
pub(super) fn short(value: &Value) -> String {
    clean(&value.to_string(), 60)
}

/// The status of an answer that may be missing.
pub(super) fn status_of(answer: Option<&Arc<Answer>>) -> String {
    answer.map_or_else(|| "none".to_owned(), |answer| status(answer))
}
