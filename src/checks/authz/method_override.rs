//! `authz/method-override`.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::bola_write::no_target;
use crate::act::{Acting, Body, Created, Kind, body, ends_in_slot};
use crate::checks::acting::{ActCx, Meant, Seen};
use crate::checks::context::PlanCx;
use crate::checks::meta::{Check, Meta, Need, Phase, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, is_quiet, status, unsent};
use crate::model::{ANONYMOUS, Method, Operation, Role, Verdict, clean_name};
use crate::probe::{Answer, Caller, SendError, WriteKind};
use crate::survey::{Person, slots};

check! {
    /// ## What it does
    /// Where a caller is refused a change or deletion of another user's object, sends the same as a `POST` that names the
    /// refused method in a header (`X-HTTP-Method-Override`) or parameter (`_method`), and by methods that the document
    /// does not have for the path.
    ///
    /// ## Why it matters
    /// A rule that looks at the method of the request is walked around where something behind it looks at the header.
    ///
    /// ## How it is confirmed
    /// The caller is refused the plain request and the owner's object stays as it was; the disguised request shows in the
    /// owner's view, twice; and the same `POST` without the disguise does not.
    ///
    /// ## When it stays silent
    /// When the plain request already gets through (that is authz/bola-write, authz/bola-delete or authn/missing-write),
    /// and when no disguised request has an effect that the owner sees.
    ///
    /// ## References
    /// OWASP API5:2023, CWE-650
    MethodOverride {
        id: "authz/method-override",
        title: "A disguised method passes the access check",
        severity: High,
        level: Intrusive,
        owasp: ["API5:2023"],
        cwe: [650],
        remedy: "no-method-override",
        since: "0.2.0",
    }
}

/// Headers that name the method that is meant.
const HEADERS: [&str; 3] = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

impl Check for MethodOverride {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        let one = ends_in_slot(&operation.path) && !slots(cx.api, operation).is_empty();
        if !one || !matches!(operation.method, Method::Put | Method::Patch | Method::Delete) {
            return Need::NotApplicable;
        }
        // An object, the plain request and up to four disguised ones, with the owner's view after each; where one works,
        // which of five it is, without it, again, and the owner's own.
        Need::Requests(if cx.identities.is_empty() { 0 } else { 32 })
    }

    fn act<'a>(&'a self, cx: &'a ActCx<'a>, acting: &'a Acting) -> Running<'a> {
        Box::pin(async move { run(cx, acting).await.unwrap_or_else(|error| unsent(&error)) })
    }

    fn phase(&self) -> Phase {
        Phase::Removals
    }
}

/// How a request hides what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Disguise {
    /// A POST with all headers and the parameter at once.
    All,
    /// A POST with these headers.
    Headers(Vec<&'static str>),
    /// A POST with `_method` in the query.
    Query,
    /// Another method, which the document does not have for the path.
    Undeclared(Method),
    /// A POST that names nothing: the control.
    Bare,
}

impl Disguise {
    fn told(&self, meant: Method) -> String {
        match self {
            Self::All => format!("POST with {} and _method={meant}", HEADERS.join(", ")),
            Self::Headers(names) => format!("POST with {}: {meant}", names.join(", ")),
            Self::Query => format!("POST with _method={meant}"),
            Self::Undeclared(method) => format!("{method}, which the document does not have here"),
            Self::Bare => "POST".to_owned(),
        }
    }

    fn site(&self) -> String {
        match self {
            Self::Headers(names) => format!("header:{}", names.first().copied().unwrap_or_default()),
            Self::Query => "query:_method".to_owned(),
            Self::All | Self::Undeclared(_) | Self::Bare => "operation".to_owned(),
        }
    }
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Result<Verdict, SendError> {
    if !matches!(acting.kind, Kind::Update | Kind::Delete) {
        return Ok(held("it does not change an object that its address names"));
    }
    let pairs = cx.pairs();
    let found =
        pairs.iter().find_map(|(intruder, owner)| Some((Some(*intruder), *owner, cx.target(acting, &owner.name)?)));
    let alone = || {
        let people = cx.check.survey.people.all.iter().filter(|person| person.signed_in);
        people.into_iter().find_map(|owner| Some((None, owner, cx.target(acting, &owner.name)?)))
    };
    let Some((intruder, owner, (target, _))) = found.or_else(alone) else {
        return Ok(no_target(cx, acting, true));
    };
    let caller = intruder.map_or(ANONYMOUS, |person| person.name.as_str()).to_owned();
    let case = Case { cx, acting, caller, intruder, owner, target: &target };
    let verdict = case.carry_out().await?;
    if intruder.is_none() || !is_quiet(&verdict) {
        return Ok(verdict);
    }
    // A role may be asked for: then the owner is refused too, and may get through in disguise.
    let by_owner = Case { caller: owner.name.clone(), target: &target, ..case }.carry_out().await?;
    Ok(if matches!(by_owner, Verdict::Broken(_)) { by_owner } else { verdict })
}

struct Case<'a> {
    cx: &'a ActCx<'a>,
    acting: &'a Acting,
    caller: String,
    intruder: Option<&'a Person>,
    owner: &'a Person,
    target: &'a Created,
}

/// Everything that one proof rests on.
struct Shown<'s> {
    disguise: Disguise,
    plain: &'s Tried,
    /// How the plain request is refused.
    sign: &'s str,
    attack: Tried,
    /// The POST without a disguise.
    bare: Option<Tried>,
    again: bool,
    /// The owner's own plain request.
    rightful: Option<Tried>,
}

/// One request and what the owner sees after it.
struct Tried {
    answer: Arc<Answer>,
    seen: Seen,
    effect: bool,
}

impl Case<'_> {
    async fn carry_out(&self) -> Result<Verdict, SendError> {
        let owner = &self.owner.name;
        // What is removed is made for it; a change leaves its object where it is.
        let own = if self.removes() { self.cx.fresh(self.target).await? } else { Some(self.target.clone()) };
        let Some(object) = own else {
            return Ok(inconclusive("no further object could be made to be deleted", None));
        };
        let Some(before) = self.cx.view(owner, &object).await?.filter(|seen| seen.object.is_some()) else {
            return Ok(inconclusive("the owner is not shown the object that it made", None));
        };
        let Some(plain) = self.send(&object, None, &before).await? else {
            return Ok(inconclusive("no field is known that the operation changes", None));
        };
        if plain.effect {
            return Ok(held("the plain request gets through: see the checks of the operation itself"));
        }
        let Some(sign) = ActCx::refusal(&plain.answer) else {
            return Ok(inconclusive("the plain request is neither refused nor has it an effect", None));
        };
        let mut open = vec![Disguise::All];
        open.extend(self.undeclared().into_iter().map(Disguise::Undeclared));
        while let Some(disguise) = (!open.is_empty()).then(|| open.remove(0)) {
            let Some(tried) = self.send(&object, Some(&disguise), &plain.seen).await? else { continue };
            if tried.effect {
                return self.confirm(&disguise, &plain, &sign).await;
            }
            if disguise == Disguise::All && matches!(tried.answer.status(), Some(400 | 422)) {
                // Some servers refuse parameters that they do not know.
                open.insert(0, Disguise::Headers(HEADERS.to_vec()));
            }
        }
        self.cx.note(self.acting, &self.caller, owner, false, format!("refused also in disguise: {sign}"));
        Ok(held(format!("{} is refused ({sign}), and no disguised request has an effect", self.caller)))
    }

    fn removes(&self) -> bool {
        self.acting.operation.method == Method::Delete
    }

    /// Methods that change objects, and that the document does not have for the path.
    fn undeclared(&self) -> Vec<Method> {
        if self.removes() {
            return Vec::new();
        }
        [Method::Put, Method::Patch].into_iter().filter(|method| !self.declares(*method)).collect()
    }

    fn declares(&self, method: Method) -> bool {
        let path = &self.acting.operation.path;
        self.cx.maker.api.operations.iter().any(|other| other.path == *path && other.method == method)
    }

    /// Sends the plain or disguised request, and lets the owner look; `None` where there is nothing to change.
    async fn send(
        &self,
        object: &Created,
        disguise: Option<&Disguise>,
        present: &Seen,
    ) -> Result<Option<Tried>, SendError> {
        let Some(values) = self.cx.values(&self.acting.operation, object) else { return Ok(None) };
        let url = self.cx.url(self.acting, &values)?;
        let (body, wanted) = if self.removes() {
            (body(self.cx.maker.api, self.acting, ""), None)
        } else {
            let Some(change) = self.cx.change(self.acting, &present.fields(), &self.used(present)) else {
                return Ok(None);
            };
            (Some(change.body), Some((change.field, change.value)))
        };
        let answer = self.transmit(url, disguise, body.as_ref()).await?;
        let Some(seen) = self.cx.view(&self.owner.name, object).await? else { return Ok(None) };
        let effect = match &wanted {
            Some((field, value)) => seen.shows(field, value),
            None => seen.telling && seen.object.is_none(),
        };
        Ok(Some(Tried { answer, seen, effect }))
    }

    /// Values that the object has now: a change to one of them would show nothing.
    fn used(&self, present: &Seen) -> Vec<Value> {
        present.fields().into_values().collect()
    }

    async fn transmit(
        &self,
        mut url: Url,
        disguise: Option<&Disguise>,
        body: Option<&Body>,
    ) -> Result<Arc<Answer>, SendError> {
        let meant = self.acting.operation.method;
        let mut headers = Vec::new();
        let method = match disguise {
            None => meant,
            Some(Disguise::All) => {
                headers.extend(HEADERS.iter().map(|name| ((*name).to_owned(), meant.to_string())));
                url.query_pairs_mut().append_pair("_method", meant.as_str());
                Method::Post
            }
            Some(Disguise::Headers(names)) => {
                headers.extend(names.iter().map(|name| ((*name).to_owned(), meant.to_string())));
                Method::Post
            }
            Some(Disguise::Query) => {
                url.query_pairs_mut().append_pair("_method", meant.as_str());
                Method::Post
            }
            Some(Disguise::Undeclared(method)) => *method,
            Some(Disguise::Bare) => Method::Post,
        };
        let caller = Caller::named(&self.caller);
        let written = self.cx.send(self.acting, method, caller, url, body, headers, WriteKind::Touches, false).await?;
        Ok(written.answer)
    }

    /// The disguise that works, by itself; without it; and again.
    async fn confirm(&self, found: &Disguise, plain: &Tried, sign: &str) -> Result<Verdict, SendError> {
        let bare = self.once_more(&Disguise::Bare).await?;
        let bare_works = bare.as_ref().is_some_and(|bare| bare.effect);
        let single = match found {
            Disguise::Undeclared(_) => vec![found.clone()],
            _ if bare_works && self.declares(Method::Post) => {
                return Ok(held("POST is an operation of its own here, and no disguise"));
            }
            // A POST that nobody documented does it by itself.
            _ if bare_works => vec![Disguise::Undeclared(Method::Post)],
            _ => HEADERS.iter().map(|name| Disguise::Headers(vec![*name])).chain([Disguise::Query]).collect(),
        };
        for disguise in single {
            let Some(attack) = self.once_more(&disguise).await?.filter(|tried| tried.effect) else { continue };
            let again = self.once_more(&disguise).await?.is_some_and(|again| again.effect);
            let rightful = Case { caller: self.owner.name.clone(), target: self.target, ..*self }.rightful().await?;
            return self.proven(&Shown { disguise, plain, sign, attack, bare, again, rightful }).await;
        }
        Ok(inconclusive("a disguised request had an effect once, and not again", None))
    }

    /// The plain request of this caller.
    async fn rightful(&self) -> Result<Option<Tried>, SendError> {
        let own = if self.removes() { self.cx.fresh(self.target).await? } else { Some(self.target.clone()) };
        let Some(object) = own else { return Ok(None) };
        match self.cx.view(&self.owner.name, &object).await?.filter(|seen| seen.object.is_some()) {
            Some(present) => self.send(&object, None, &present).await,
            None => Ok(None),
        }
    }

    /// The same on the object as it is now, or on a further one where it is gone.
    async fn once_more(&self, disguise: &Disguise) -> Result<Option<Tried>, SendError> {
        let own = if self.removes() { self.cx.fresh(self.target).await? } else { Some(self.target.clone()) };
        let Some(object) = own else { return Ok(None) };
        match self.cx.view(&self.owner.name, &object).await?.filter(|seen| seen.object.is_some()) {
            Some(present) => self.send(&object, Some(disguise), &present).await,
            None => Ok(None),
        }
    }

    async fn proven(&self, shown: &Shown<'_>) -> Result<Verdict, SendError> {
        let (caller, owner) = (&self.caller, &self.owner.name);
        let meant = self.acting.operation.method;
        let told = shown.disguise.told(meant);
        let mut proof = Proof::default();
        let guarded = |own: &&Tried| matches!(own.answer.status(), Some(401 | 403));
        match shown.rightful.as_ref().filter(|own| own.effect || guarded(own)) {
            Some(own) if !own.effect => {
                let because = format!(
                    "even {owner}'s own {meant} is refused (status {}): a role is asked for",
                    status(&own.answer)
                );
                proof.clause("role-is-asked-for", true, because);
                proof.show(Role::Control, &own.answer);
            }
            Some(own) => {
                proof.clause("owner-is-served", true, format!("{owner}'s own {meant} has its effect"));
                proof.show(Role::Baseline, &own.answer);
            }
            None => {
                // What nobody may do by this method is refused for another reason.
                proof.open(
                    "owner-is-served",
                    format!("{owner}'s own {meant} had no effect; let it succeed to settle it"),
                );
            }
        }
        let because = format!("{meant} as {caller}: {}, and the object stayed as it was", shown.sign);
        proof.clause("plain-request-refused", true, because);
        let seen = if self.removes() { "no longer finds the object" } else { "reads the new value" };
        proof.clause("owner-sees-the-effect", true, format!("after {told}, {owner} {seen}"));
        self.control(shown, &mut proof).await?;
        proof.clause("repeated", shown.again, "a second request went the same way");
        proof.show(Role::Attack, &shown.attack.answer).show(Role::Control, &shown.plain.answer);
        proof.show(Role::Readback, &shown.attack.seen.answer);
        let (resource, id) = (clean_name(&self.target.object.resource, 40), clean_name(&self.target.id, 60));
        let claim = format!("{caller} did by {told} to {resource} {id} of {owner} what {meant} refuses");
        self.cx.note(self.acting, caller, owner, true, claim.clone());
        Ok(proof.broken(Finding {
            site: shown.disguise.site(),
            cause: self.acting.operation.id.0.clone(),
            claim,
            severity: None,
            surveyed: self.acting,
        }))
    }

    /// What shows that the disguise, or the method, is what let it through.
    async fn control(&self, shown: &Shown<'_>, proof: &mut Proof) -> Result<(), SendError> {
        match (&shown.disguise, &shown.bare) {
            (Disguise::Undeclared(_), _) => match self.meant(&shown.attack.seen).await? {
                Meant::ForOwner(because) => proof.clause("meant-for-owner", true, because),
                Meant::Unclear(because) => proof.open(
                    "meant-for-owner",
                    format!("{because}; name an object under `owns` of its owner to settle it"),
                ),
            },
            (_, Some(bare)) => {
                let because = format!("the same POST without it (status {}) has no effect", status(&bare.answer));
                proof.show(Role::Control, &bare.answer);
                proof.clause("disguise-decides", !bare.effect, because)
            }
            (_, None) => proof.open("disguise-decides", "the same POST without it could not be tried; scan again"),
        };
        Ok(())
    }

    async fn meant(&self, seen: &Seen) -> Result<Meant, SendError> {
        match self.intruder {
            Some(intruder) => self.cx.meant(self.target, intruder, self.owner, seen).await,
            None => Ok(Meant::Unclear("there is no second identity to compare with".to_owned())),
        }
    }
}
