//! `authz/bola-list`.

use std::sync::Arc;

use super::bola_read::no_pair;
use super::intent::{is_whole, private_fields};
use crate::checks::context::{CheckCx, PlanCx, pairs_of};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, status, unsent};
use crate::model::{Operation, Role, Severity, Verdict, clean_name};
use crate::probe::{Answer, Ask, SendError, operation_url};
use crate::survey::{Baseline, Leaf, ObjectKey, Person, Reading, Sign, Surveyed, leaves, role_word, slots, words};

check! {
    /// ## What it does
    /// Compares what a collection shows to two users of the same role, and looks for objects of one in the list of the
    /// other.
    ///
    /// ## Why it matters
    /// A list without a filter by owner hands out everybody's objects in one request.
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
    }
}

impl Check for BolaList {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        let function = role_word(&operation.path).is_some();
        if !PlanCx::is_read(operation) || !slots(cx.api, operation).is_empty() || function {
            return Need::NotApplicable;
        }
        // The list again, and for one route to the object the intruder and the owner.
        Need::Requests(3 * pairs_of(cx.identities.len()))
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(async move { run(cx, surveyed).await.unwrap_or_else(|error| unsent(&error)) })
    }
}

/// A list in which an intruder finds another's object.
struct Case<'a> {
    intruder: &'a Person,
    owner: &'a Person,
    list: &'a Baseline,
    key: &'a ObjectKey,
    signs: &'a [Sign],
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Result<Verdict, SendError> {
    let list = cx.survey.objects.lists.iter().find(|((id, _), _)| *id == surveyed.operation.id);
    let Some((_, callers)) = list else { return Ok(held("the answer is no list of objects")) };
    let signed_in = |person: &&Person| person.signed_in;
    let people = || cx.survey.people.all.iter().filter(signed_in);
    if !people().any(|person| people().any(|other| other.name != person.name && other.rank == person.rank)) {
        return Ok(no_pair(cx, surveyed));
    }
    let mut unclear = None;
    for case in cases(cx, surveyed, callers) {
        match judge(cx, surveyed, &case, callers).await? {
            Verdict::Broken(drafts) => return Ok(Verdict::Broken(drafts)),
            other => unclear = Some(other),
        }
    }
    if unclear.is_none() && !could_show(cx, surveyed, callers) {
        return Ok(inconclusive("no object of another user is known that the list could show", None));
    }
    Ok(unclear.unwrap_or_else(|| held("no list holds an object of another user")))
}

/// Whether there is an object, of a kind that the list shows, whose owner has a peer that was shown the list.
fn could_show(cx: &CheckCx<'_>, surveyed: &Surveyed, callers: &Callers) -> bool {
    let kinds: std::collections::BTreeSet<&str> = callers.values().flatten().map(|key| key.0.as_str()).collect();
    let people = &cx.survey.people;
    cx.survey.owners.iter().filter(|(key, _)| kinds.contains(key.0.as_str())).any(|(_, (owner, _))| {
        let shown = |name: &str| callers.contains_key(name) && surveyed.by.contains_key(name);
        people.peers(owner).iter().any(|peer| peer.signed_in && shown(&peer.name))
    })
}

type Callers = std::collections::BTreeMap<String, std::collections::BTreeSet<ObjectKey>>;

fn cases<'a>(cx: &'a CheckCx<'_>, surveyed: &'a Surveyed, callers: &'a Callers) -> Vec<Case<'a>> {
    let mut cases: Vec<Case<'a>> = Vec::new();
    for intruder in cx.survey.people.all.iter().filter(|person| person.signed_in) {
        let (Some(listed), Some(list)) = (callers.get(&intruder.name), surveyed.valid_of(&intruder.name)) else {
            continue;
        };
        for key in listed {
            let Some((owner, signs)) = cx.survey.owner(key) else { continue };
            let Some(owner) = cx.survey.people.get(owner) else { continue };
            let taken = cases.iter().any(|case| case.owner.name == owner.name && case.intruder.name == intruder.name);
            if owner.name != intruder.name && owner.rank == intruder.rank && !taken {
                cases.push(Case { intruder, owner, list, key, signs });
            }
        }
    }
    cases.truncate(usize::try_from(pairs_of(cx.survey.people.all.len())).unwrap_or(0));
    cases
}

async fn judge(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    case: &Case<'_>,
    callers: &Callers,
) -> Result<Verdict, SendError> {
    let object_leaves = leaves_of(case);
    // What the intruder is rightly shown elsewhere is no secret here.
    let given = cx.values_given(surveyed, &case.intruder.name);
    let shown: Vec<&Leaf> = object_leaves.iter().filter(|leaf| !given.contains(&leaf.text)).collect();
    if matches!(surveyed.anonymous_reading(), Some(Reading::Data)) {
        return Ok(held("public: an anonymous caller is shown the list too"));
    }
    let private = private_fields(&shown);
    let intent = intent(cx, case, callers).await;
    let owner_field = case.signs.iter().any(|sign| matches!(sign, Sign::OwnerField { strong: true, .. }));
    match &intent {
        // Whoever may open the object may be shown it in a list.
        Intent::Shared(because) => return Ok(held(format!("shared: {because}"))),
        Intent::Unclear if is_shared_by_name(cx, case) => return Ok(held("shared: the object names both callers")),
        Intent::Unclear if private.is_empty() || !owner_field => {
            return Ok(inconclusive(
                "every user is shown the same list, and nothing says that it should be otherwise",
                Some("if the objects are private, name one under `owns` of its owner in routewarden.toml"),
            ));
        }
        _ => {}
    }
    let again = cx.send(&CheckCx::as_caller(case.list, CheckCx::caller(&case.intruder.name)).again(1)).await?;
    Ok(proven(surveyed, case, intent, &private, &again))
}

/// What shows that the objects are meant for all, or not.
enum Intent {
    /// Not meant for all; the sentence says what shows it.
    Private(String, Option<Arc<Answer>>),
    /// Shared with the intruder on purpose.
    Shared(String),
    /// Nothing says either.
    Unclear,
}

async fn intent(cx: &CheckCx<'_>, case: &Case<'_>, callers: &Callers) -> Intent {
    let (intruder, owner) = (&case.intruder.name, &case.owner.name);
    if let Some(sign) = case.signs.iter().find(|sign| matches!(sign, Sign::Configured)) {
        return Intent::Private(sign.because(owner), None);
    }
    match object_route(cx, case).await {
        Some((because, answer, true)) => return Intent::Private(because, Some(answer)),
        Some((because, _, false)) => return Intent::Shared(because),
        None => {}
    }
    let elsewhere = |sign: &&Sign| matches!(sign, Sign::ScopedList { other, apart: true, .. } if other == intruder);
    if let Some(sign) = case.signs.iter().find(elsewhere) {
        return Intent::Private(sign.because(owner), None);
    }
    // The owner's own list leaves the intruder's objects out: the collection knows owners.
    if let Some(own) = callers.get(owner) {
        let of_intruder = |key: &&ObjectKey| cx.survey.owner(key).is_some_and(|(name, _)| name == intruder);
        let intruder_has = callers.get(intruder).is_some_and(|listed| listed.iter().any(|key| of_intruder(&key)));
        if own.contains(case.key) && intruder_has && !own.iter().any(|key| of_intruder(&key)) {
            return Intent::Private(format!("{owner}'s own list leaves {intruder}'s objects out"), None);
        }
    }
    Intent::Unclear
}

/// What the route to the single object says to the intruder: the sentence, the answer, and whether it refuses.
async fn object_route(cx: &CheckCx<'_>, case: &Case<'_>) -> Option<(String, Arc<Answer>, bool)> {
    let (intruder, owner) = (&case.intruder.name, &case.owner.name);
    for other in cx.survey.operations.iter().filter(|other| is_whole(other)) {
        let Some(baseline) = other.valid_of(owner) else { continue };
        if baseline.object.as_ref().is_none_or(|key| key.0 != case.key.0) {
            continue;
        }
        let (Some(slot), Some(object)) = (other.slots.last(), cx.survey.objects.known.get(case.key)) else { continue };
        let Some(value) = object.slot_value(slot) else { continue };
        let mut values = baseline.values.clone();
        values.insert((slot.place, slot.name.clone()), value.clone());
        let Ok(url) = operation_url(cx.probe.base_url(), &other.operation, &values) else { continue };
        let ask = Ask { url, ..CheckCx::as_caller(baseline, CheckCx::caller(intruder)) };
        let answer = cx.send(&ask).await.ok()?;
        let mut masks = baseline.masks.clone();
        masks.push(case.key.1.clone());
        match CheckCx::reading(other, &answer, &masks, &[]) {
            Reading::Refused(_) => {
                // The address may be nobody's: the owner must be served there.
                let rightful = cx.send(&Ask { caller: CheckCx::caller(owner), ..ask }).await.ok()?;
                if CheckCx::reading(other, &rightful, &masks, &[]) != Reading::Data {
                    return None;
                }
                let because = format!("{} refuses {intruder} the very object that the list shows", other.operation.id);
                return Some((because, answer, true));
            }
            Reading::Data => {
                return Some((format!("{} serves {intruder} the same object", other.operation.id), answer, false));
            }
            Reading::NoData(_) => return None,
        }
    }
    None
}

/// Whether the object names the intruder too, as those do that are shared with named people.
fn is_shared_by_name(cx: &CheckCx<'_>, case: &Case<'_>) -> bool {
    let named =
        |leaf: &Leaf| cx.survey.people.named_by(&leaf.text).is_some_and(|person| person.name == case.intruder.name);
    leaves_of(case).iter().any(named)
}

/// The leaves of the listed object within the intruder's answer.
fn leaves_of(case: &Case<'_>) -> Vec<Leaf> {
    let Some(response) = case.list.first.response() else { return Vec::new() };
    let all = leaves(response);
    // Leaves of one array item share all of their address but the last step.
    let parent = |at: &str| at.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
    let home = id_leaf(&all, case).map(|leaf| parent(&leaf.at)).unwrap_or_default();
    all.into_iter().filter(|leaf| !home.is_empty() && leaf.at.starts_with(&format!("{home}/"))).collect()
}

/// The leaf that holds the object's id; another number of the same value is no id.
fn id_leaf<'l>(all: &'l [Leaf], case: &Case<'_>) -> Option<&'l Leaf> {
    let held = |leaf: &&Leaf| leaf.text == case.key.1 && leaf.path.contains('*');
    let is_id = |leaf: &&Leaf| {
        let last = words(&leaf.key).pop().unwrap_or_default();
        matches!(last.as_str(), "id" | "uuid" | "guid" | "uid" | "pk" | "slug")
    };
    all.iter().filter(held).find(is_id).or_else(|| all.iter().find(held))
}

fn proven(surveyed: &Surveyed, case: &Case<'_>, intent: Intent, private: &[String], again: &Answer) -> Verdict {
    let (intruder, owner) = (&case.intruder.name, &case.owner.name);
    let mut proof = Proof::default();
    let sign = case.signs.first().map(|sign| sign.because(owner)).unwrap_or_default();
    proof.clause(
        "list-holds-others-object",
        true,
        format!("{intruder}'s list holds {} {}: {sign}", case.key.0, clean_name(&case.key.1, 60)),
    );
    let anonymous = surveyed.anonymous_reading();
    match &anonymous {
        Some(Reading::Refused(because)) => proof.clause("anonymous-refused", true, format!("anonymous: {because}")),
        _ => proof.open("anonymous-refused", "no anonymous answer to compare with"),
    };
    let still = again.response().is_some_and(|response| id_leaf(&leaves(response), case).is_some());
    proof.clause("repeated", still, format!("the same request again (status {}) shows it too", status(again)));
    proof.show(Role::Attack, &case.list.first);
    match intent {
        Intent::Private(because, answer) => {
            proof.clause("not-meant-for-all", true, because);
            if let Some(answer) = answer {
                proof.show(Role::Control, &answer);
            }
        }
        Intent::Shared(_) | Intent::Unclear => {
            let private = private.join(", ");
            proof.open(
                "not-meant-for-all",
                format!("the objects hold {private}, yet nothing shows that they are private; name one under `owns` of its owner to settle it"),
            );
        }
    }
    if let Some(own) = surveyed.by.get(owner) {
        proof.show(Role::Baseline, &own.first);
    }
    if let Some(anonymous) = &surveyed.anonymous {
        proof.show(Role::Control, anonymous);
    }
    proof.broken(Finding {
        site: "response".to_owned(),
        cause: surveyed.operation.path.clone(),
        claim: format!(
            "the list that {intruder} gets holds {} {}, which {owner} owns",
            case.key.0,
            clean_name(&case.key.1, 60)
        ),
        severity: (!private.is_empty()).then_some(Severity::High),
        surveyed,
    })
}
