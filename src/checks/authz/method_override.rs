//! `authz/method-override`.

use crate::act::{Acting, Kind, ends_in_slot};
use crate::checks::acting::ActCx;
use crate::checks::context::PlanCx;
use crate::checks::meta::{Need, check};
use crate::checks::proving::claim_of_write;
use crate::checks::rule::{Finding, Judged, Rule, ensure, held, see, status};
use crate::model::{ANONYMOUS, Method, Operation, Role, Silence};
use crate::survey::slots;
use crate::trial::{Aim, Spot, Subject, Trial, Tried, Twist, refusal};

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
        plan: plan_disguises,
        phase: Removals,
        write: run,
    }
}

/// Headers that name the method that is meant.
const HEADERS: [&str; 3] = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

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
    /// Returns it in words.
    fn describe(&self, meant: Method) -> String {
        match self {
            Self::All => format!("POST with {} and _method={meant}", HEADERS.join(", ")),
            Self::Headers(names) => format!("POST with {}: {meant}", names.join(", ")),
            Self::Query => format!("POST with _method={meant}"),
            Self::Undeclared(method) => format!("{method}, which the document does not have here"),
            Self::Bare => "POST".to_owned(),
        }
    }

    /// Returns where the weakness is.
    fn site(&self) -> String {
        match self {
            Self::Headers(names) => format!("header:{}", names.first().copied().unwrap_or_default()),
            Self::Query => "query:_method".to_owned(),
            Self::All | Self::Undeclared(_) | Self::Bare => "operation".to_owned(),
        }
    }

    /// Returns what differs from the plain request of this method.
    fn twist(&self, meant: Method) -> Twist {
        let named = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), meant.to_string())).collect();
        let query = || vec![("_method".to_owned(), meant.to_string())];
        let post = Twist { method: Some(Method::Post), ..Twist::default() };
        match self {
            Self::All => Twist { headers: named(&HEADERS), query: query(), ..post },
            Self::Headers(names) => Twist { headers: named(names), ..post },
            Self::Query => Twist { query: query(), ..post },
            Self::Undeclared(method) => Twist { method: Some(*method), ..Twist::default() },
            Self::Bare => post,
        }
    }
}

fn plan_disguises(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let one = ends_in_slot(&operation.path) && !slots(cx.api, operation).is_empty();
    if !one || !matches!(operation.method, Method::Put | Method::Patch | Method::Delete) {
        return Need::NotApplicable;
    }
    // An object, the plain request and up to four disguised ones, with the owner's looks after each; where one works,
    // which of five it is, without it, again, and the owner's own.
    Need::Requests(if cx.identities.is_empty() { 0 } else { 40 })
}

async fn run(cx: &ActCx<'_>, acting: &Acting) -> Judged {
    ensure(matches!(acting.kind, Kind::Update | Kind::Delete), || {
        Silence::not_applicable("it does not change an object that its address names")
    })?;
    let trial = disguised_trial(cx, acting)?;
    let judged = Disguised { trial: &trial }.carry_out().await;
    let quiet = matches!(judged, Err(Silence::Held(_) | Silence::NotApplicable(_) | Silence::Undecided(_)));
    if trial.peer.is_none() || !quiet {
        return judged;
    }
    // A role may be asked for: then the owner is refused too, and may get through in disguise.
    let by_owner = Trial { attacker: trial.owner.clone(), ..trial };
    Disguised { trial: &by_owner }.carry_out().await.or(judged)
}

/// Returns the trial of a caller on an object of another one; where there is no other one, of an anonymous caller.
fn disguised_trial<'a>(cx: &'a ActCx<'a>, acting: &'a Acting) -> Result<Trial<'a>, Silence> {
    let pairs = cx.pairs();
    let mut found =
        pairs.iter().find_map(|(intruder, owner)| Some((Some(*intruder), *owner, cx.target(acting, &owner.name)?)));
    if found.is_none() {
        let mut people = cx.check.survey.people.all.iter().filter(|person| person.signed_in);
        found = people.find_map(|owner| Some((None, owner, cx.target(acting, &owner.name)?)));
    }
    let (intruder, owner, (created, _)) = found.ok_or_else(|| cx.no_target(acting, true))?;
    Ok(Trial {
        lab: cx,
        acting,
        subject: Subject::Object(Box::new(created)),
        naming: None,
        aim: if acting.operation.method == Method::Delete { Aim::Removal } else { Aim::Change },
        owner: owner.name.clone(),
        rightful: Some(owner.name.clone()),
        attacker: intruder.map_or_else(|| ANONYMOUS.to_owned(), |person| person.name.clone()),
        peer: intruder,
    })
}

/// The disguises of one trial.
struct Disguised<'a> {
    trial: &'a Trial<'a>,
}

/// A disguise that came through, with its controls.
struct Uncovered {
    disguise: Disguise,
    attack: Tried,
    /// The POST without a disguise.
    bare: Option<Tried>,
    again: bool,
}

impl Disguised<'_> {
    async fn carry_out(&self) -> Judged {
        let trial = self.trial;
        let subject = self.subject().await?;
        let before = trial.before(&subject).await?;
        let mut spot = Spot { subject: &subject, seen: &before };
        let plain = trial.shoot(&trial.attacker, &Twist::default(), spot).await?;
        ensure(!plain.has_effect(), || see(self.check_of_plain(), "the plain request gets through"))?;
        let unclear = || Silence::undecided("the plain request is neither refused nor has it an effect");
        let mut rule = Rule::default();
        let sign = rule.need("plain-request-refused", refusal(&plain.answer).ok_or_else(unclear), |sign| {
            format!("{} as {}: {sign}, and the object stayed as it was", self.method(), trial.attacker)
        })?;
        rule.show(Role::Control, &plain.answer);
        spot.seen = &plain.seen;
        let mut open = vec![Disguise::All];
        open.extend(self.undeclared().into_iter().map(Disguise::Undeclared));
        let mut last = plain.clone();
        while let Some(disguise) = (!open.is_empty()).then(|| open.remove(0)) {
            last = trial.shoot(&trial.attacker, &disguise.twist(self.method()), spot).await?;
            if last.has_effect() {
                return self.confirm(rule, &disguise).await;
            }
            if disguise == Disguise::All && matches!(last.answer.status(), Some(400 | 422)) {
                // Some servers refuse parameters that they do not know.
                open.insert(0, Disguise::Headers(HEADERS.to_vec()));
            }
        }
        trial.lab.note(trial.acting, &trial.attacker, &trial.owner, false, format!("refused also in disguise: {sign}"));
        let own = trial.shoot(&trial.owner, &Twist::default(), spot).await?;
        ensure(own.has_effect(), || {
            let (attacker, owner) = (&trial.attacker, &trial.owner);
            Silence::undecided(format!("{attacker} is refused ({sign}), and {owner}'s own {} too", self.method()))
        })?;
        let because = format!("{} is refused ({sign}), and no disguised request has an effect", trial.attacker);
        Err(held(&last.answer, &own.answer, because))
    }

    fn method(&self) -> Method {
        self.trial.acting.operation.method
    }

    /// Returns the check that reports what the plain request does.
    fn check_of_plain(&self) -> &'static str {
        match (self.trial.attacker.as_str(), self.method()) {
            (ANONYMOUS, _) => "authn/missing-write",
            (_, Method::Delete) => "authz/bola-delete",
            _ => "authz/bola-write",
        }
    }

    /// Returns what is written to: what is removed is made for it, a change leaves its object where it is.
    async fn subject(&self) -> Result<Subject<'_>, Silence> {
        match self.trial.subject.object() {
            Some(kept) if self.method() == Method::Delete => self.trial.fresh(kept).await,
            _ => Ok(self.trial.subject.clone()),
        }
    }

    /// Returns methods that change objects, and that the document does not have for the path.
    fn undeclared(&self) -> Vec<Method> {
        if self.method() == Method::Delete {
            return Vec::new();
        }
        [Method::Put, Method::Patch].into_iter().filter(|method| !self.declares(*method)).collect()
    }

    fn declares(&self, method: Method) -> bool {
        let path = &self.trial.acting.operation.path;
        self.trial.lab.maker.api.operations.iter().any(|other| other.path == *path && other.method == method)
    }

    /// Sends a request on the object as it is now, or on a further one where it is removed.
    async fn send_afresh(&self, caller: &str, twist: &Twist) -> Result<Tried, Silence> {
        let subject = self.subject().await?;
        let before = self.trial.before(&subject).await?;
        self.trial.shoot(caller, twist, Spot { subject: &subject, seen: &before }).await
    }

    /// Finds the disguise that works by itself; without it, and again.
    async fn confirm(&self, rule: Rule, found: &Disguise) -> Judged {
        let attacker = &self.trial.attacker;
        let bare = self.send_afresh(attacker, &Disguise::Bare.twist(self.method())).await.ok();
        let bare_works = bare.as_ref().is_some_and(Tried::has_effect);
        let single = match found {
            Disguise::Undeclared(_) => vec![found.clone()],
            _ if bare_works && self.declares(Method::Post) => {
                return Err(Silence::not_applicable("POST is an operation of its own here, and no disguise"));
            }
            // A POST that the document does not have does it by itself.
            _ if bare_works => vec![Disguise::Undeclared(Method::Post)],
            _ => HEADERS.iter().map(|name| Disguise::Headers(vec![*name])).chain([Disguise::Query]).collect(),
        };
        for disguise in single {
            let twist = disguise.twist(self.method());
            let attack = self.send_afresh(attacker, &twist).await?;
            if attack.has_effect() {
                let again = self.send_afresh(attacker, &twist).await.is_ok_and(|again| again.has_effect());
                return self.prove(rule, &Uncovered { disguise, attack, bare, again }).await;
            }
        }
        Err(Silence::undecided("a disguised request had an effect once, and not again"))
    }

    async fn prove(&self, mut rule: Rule, shown: &Uncovered) -> Judged {
        let trial = self.trial;
        let (caller, owner, meant) = (&trial.attacker, &trial.owner, self.method());
        let disguise = shown.disguise.describe(meant);
        self.rest_on_owner(&mut rule).await;
        let seen = if meant == Method::Delete { "no longer finds the object" } else { "reads the new value" };
        let because = format!("after {disguise}, {owner} {seen}");
        rule.weigh("owner-sees-the-effect", shown.attack.has_effect(), because);
        self.rest_on_control(&mut rule, shown);
        rule.weigh("repeated", shown.again, "a second request went the same way");
        rule.show(Role::Attack, &shown.attack.answer).show(Role::Readback, &shown.attack.seen.answer);
        let what = trial.subject.describe(owner);
        let claim = format!("{caller} did by {disguise} to {what}, what {meant} refuses");
        trial.lab.note(trial.acting, caller, owner, true, claim.clone());
        rule.found(Finding {
            site: shown.disguise.site(),
            cause: trial.acting.operation.id.0.clone(),
            claim,
            severity: None,
            surveyed: trial.acting,
        })
    }

    /// Adds what the owner's own plain request does: what no caller may do by this method is refused for another reason.
    async fn rest_on_owner(&self, rule: &mut Rule) {
        let (owner, meant) = (&self.trial.owner, self.method());
        let own = self.send_afresh(owner, &Twist::default()).await.ok();
        let effect = own.as_ref().is_some_and(Tried::has_effect);
        let guarded = own.as_ref().is_some_and(|own| matches!(own.answer.status(), Some(401 | 403)));
        if let Some(own) = &own {
            rule.show(if effect { Role::Baseline } else { Role::Control }, &own.answer);
        }
        if guarded && !effect {
            let because = format!("even {owner}'s own {meant} is refused: a role is asked for");
            rule.weigh("role-is-asked-for", guarded, because);
            return;
        }
        let because = match effect {
            true => format!("{owner}'s own {meant} has its effect"),
            false => format!("{owner}'s own {meant} had no effect; let it succeed to settle it"),
        };
        rule.weigh("owner-is-served", effect.then_some(true), because);
    }

    /// Adds what shows that the disguise, or the method, is what let it through.
    fn rest_on_control(&self, rule: &mut Rule, shown: &Uncovered) {
        if matches!(shown.disguise, Disguise::Undeclared(_)) {
            // What its owner does to its own by it is no matter of whose it is.
            if self.trial.attacker != self.trial.owner {
                rule.claim_access(claim_of_write(self.trial, &self.trial.subject, &shown.attack));
            }
            return;
        }
        let because = match &shown.bare {
            Some(bare) => format!("the same POST without it (status {}) has no effect", status(&bare.answer)),
            None => "the same POST without it could not be tried; scan again".to_owned(),
        };
        rule.weigh("disguise-decides", shown.bare.as_ref().map(|bare| !bare.has_effect()), because);
        if let Some(bare) = &shown.bare {
            rule.show(Role::Control, &bare.answer);
        }
    }
}
