//! `authz/bola-list`.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::access::{ReachedObject, private_fields};
use crate::checks::context::{CheckCx, PlanCx, pairs_of};
use crate::checks::meta::{Need, check};
use crate::checks::rule::{CheckResult, Rule, Violation, defence_held, ensure, status_text};
use crate::model::{AccessVerb, Draft, Operation, Role, Severity, Silence, clean_name};
use crate::probe::AskCaller;
use crate::survey::{
    AnswerKind, Baseline, ObjectKey, Person, Sign, Surveyed, id_slots, item_leaves, item_with_id, leaves_of, role_word,
};

check! {
    /// ## What it does
    /// Compares what a collection shows to two users of the same role, and looks for objects of one in the list of the
    /// other.
    ///
    /// ## Why it matters
    /// A list without a filter by owner returns the objects of all users in one request.
    ///
    /// ## How it is confirmed
    /// The intruder's list holds objects that belong to another user; an anonymous caller does not get them; and
    /// something shows that they are not meant for all: the route to the single object refuses the intruder, another
    /// collection or the other user's own list is scoped, or the configuration's `owns`.
    ///
    /// ## When it stays silent
    /// When all users are served the same list and nothing says that they should not be (notices, catalogues, posts).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaList {
        id: "authz/bola-list",
        title: "A list returns other users' objects",
        severity: High,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "scoped-list",
        since: "0.1.0",
        plan: plan_requests,
        read: check_list_contents,
    }
}

fn plan_requests(cx: &PlanCx<'_>, operation: &Operation) -> Need {
    let function = role_word(&operation.path).is_some();
    if !PlanCx::is_read(operation) || !id_slots(cx.api, operation).is_empty() || function {
        return Need::NotApplicable;
    }
    // The list again, and for one route to the object the intruder and the owner.
    Need::Requests(3 * pairs_of(cx.identities.len()))
}

/// Who was shown what by a collection.
type Callers = BTreeMap<String, BTreeSet<ObjectKey>>;

/// A list in which an intruder finds another's object.
struct ListedObject<'a> {
    intruder: &'a Person,
    owner: &'a Person,
    list: &'a Baseline,
    key: &'a ObjectKey,
    signs: &'a [Sign],
}

async fn check_list_contents(cx: &CheckCx<'_>, surveyed: &Surveyed) -> CheckResult {
    let list = cx.survey.objects.lists.iter().find(|((id, _), _)| *id == surveyed.operation.id);
    let (_, callers) = list.ok_or_else(|| Silence::not_applicable("the answer is no list of objects"))?;
    ensure(!cx.survey.people.peer_pairs().is_empty(), || cx.no_pair(surveyed))?;
    let mut drafts: Vec<Draft> = Vec::new();
    for case in find_listed_objects(cx, surveyed, callers) {
        let draft = judge_listed_object(cx, surveyed, &case).await?;
        if cx.is_settled(&draft) {
            return Ok(vec![draft]);
        }
        drafts.push(draft);
    }
    if drafts.is_empty() { Err(explain_scoped_list(cx, surveyed, callers)) } else { Ok(drafts) }
}

/// Returns that each caller is shown its own: a peer's list, beside the list of an owner of such objects.
fn explain_scoped_list(cx: &CheckCx<'_>, surveyed: &Surveyed, callers: &Callers) -> Silence {
    let kinds: BTreeSet<&str> = callers.values().flatten().map(|key| key.0.as_str()).collect();
    let people = &cx.survey.people;
    let owners = cx.survey.owners.iter().filter(|(key, _)| kinds.contains(key.0.as_str()));
    let owners: BTreeSet<&String> = owners.map(|(_, (owner, _))| owner).collect();
    let pair = owners.into_iter().find_map(|owner| {
        let shown = |name: &str| surveyed.by.get(name).filter(|_| callers.contains_key(name));
        let peer = people.peers(owner).into_iter().filter(|peer| peer.signed_in).find_map(|peer| shown(&peer.name))?;
        Some((peer, shown(owner)?))
    });
    match pair {
        Some((peer, own)) => {
            let because = format!("the list of {} holds no object of {}", peer.caller, own.caller);
            defence_held(&peer.first, &own.first, because)
        }
        None => Silence::undecided("no object of another user is known that the list could show"),
    }
}

/// Returns the pairs of peers in which the intruder's list holds an object of the owner's.
fn find_listed_objects<'a>(cx: &'a CheckCx<'_>, surveyed: &'a Surveyed, callers: &'a Callers) -> Vec<ListedObject<'a>> {
    let listed = |(intruder, owner): (&'a Person, &'a Person)| {
        let list = surveyed.valid_of(&intruder.name)?;
        let mut owned = callers.get(&intruder.name)?.iter().filter_map(|key| Some((key, cx.survey.owner(key)?)));
        let (key, (_, signs)) = owned.find(|(_, (name, _))| *name == owner.name)?;
        Some(ListedObject { intruder, owner, list, key, signs })
    };
    let most = usize::try_from(pairs_of(cx.survey.people.all.len())).unwrap_or(0);
    cx.survey.people.peer_pairs().into_iter().filter_map(listed).take(most).collect()
}

async fn judge_listed_object(cx: &CheckCx<'_>, surveyed: &Surveyed, case: &ListedObject<'_>) -> Result<Draft, Silence> {
    let (intruder, owner) = (&case.intruder.name, &case.owner.name);
    let shown = case.list.first.response().map(|list| item_leaves(list, &case.key.1)).unwrap_or_default();
    let operation = &surveyed.operation.id;
    let reached = ReachedObject { operation, verb: AccessVerb::List, key: case.key, owner, caller: intruder };
    let mut claim = reached.claim(&shown);
    claim.open = matches!(surveyed.anonymous_reading(), Some(AnswerKind::Data));
    if !claim.open {
        cx.explorer().ask_object_route(&claim).await?;
    }
    let again = cx.send(&case.list.ask_as(AskCaller::named(intruder)).again(1)).await?;

    let mut rule = Rule::default();
    let (kind, id) = (clean_name(&case.key.0, 40), clean_name(&case.key.1, 60));
    let sign = case.signs.first().map(|sign| sign.because(owner)).unwrap_or_default();
    rule.weigh("list-holds-others-object", !shown.is_empty(), format!("{intruder}'s list holds {kind} {id}: {sign}"));
    weigh_anonymous(&mut rule, surveyed, claim.open);
    let still = again.response().is_some_and(|list| item_with_id(&leaves_of(list), &case.key.1).is_some());
    rule.weigh("repeated", still, format!("the same request again (status {}) shows it too", status_text(&again)));
    rule.show(Role::Attack, &case.list.first);
    rule.show_all(Role::Baseline, surveyed.by.get(owner).map(|own| &own.first)).claim_access(claim);
    let claim = format!("the list that {intruder} gets holds {kind} {id}, which {owner} owns");
    let severity = (!private_fields(&shown).is_empty()).then_some(Severity::High);
    let path = surveyed.operation.path.as_str();
    Ok(rule.draft(Violation { severity, ..Violation::of(surveyed, "response", path, claim) }))
}

fn weigh_anonymous(rule: &mut Rule, surveyed: &Surveyed, open: bool) {
    match surveyed.anonymous_reading() {
        Some(AnswerKind::Refused(because)) => rule.weigh("anonymous-refused", !open, format!("anonymous: {because}")),
        Some(AnswerKind::Data) => rule.weigh("anonymous-served-too", open, "anonymous callers are shown the list too"),
        _ => rule.weigh("anonymous-refused", None, "no anonymous answer to compare with"),
    };
    rule.show_all(Role::Control, &surveyed.anonymous);
}
