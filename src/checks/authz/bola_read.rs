//! `authz/bola-read`.

use std::sync::Arc;

use super::intent::{Intent, intent, private_fields};
use crate::checks::context::{CheckCx, Pair, PlanCx, pairs_of, present};
use crate::checks::meta::{Check, Meta, Need, Running, check};
use crate::checks::proof::{Finding, Proof, held, inconclusive, is_quiet, skipped, status, unsent};
use crate::model::{Confidence, Draft, Operation, Role, Severity, Verdict, clean_name};
use crate::probe::{Answer, Caller, SendError};
use crate::survey::{Leaf, Reading, Surveyed, slots};

check! {
    /// ## What it does
    /// Asks for an object of one user as another user of the same role, and looks in the answer for values that only
    /// the owner's object has.
    ///
    /// ## Why it matters
    /// Broken object level authorization is the commonest and costliest weakness of APIs: whoever counts up an id
    /// reads everybody's data.
    ///
    /// ## How it is confirmed
    /// All of these hold, twice: the owner is served; the intruder is not refused; the intruder's answer carries
    /// values of the owner's object; the intruder's own object lacks them; a missing id is refused or lacks them; an
    /// anonymous caller lacks them; and something shows that the object is meant to be the owner's: its owner field, a
    /// list that shows it to the owner alone, another route that refuses the intruder, or the configuration's `owns`.
    ///
    /// ## When it stays silent
    /// When anyone may read the object, when the intruder's own lists show it, when the answer is the intruder's own
    /// object whatever the id, and when the refusal is a soft one (status 200 with an error or nothing).
    ///
    /// ## References
    /// OWASP API1:2023, CWE-639
    BolaRead {
        id: "authz/bola-read",
        title: "An object of another user can be read",
        severity: High,
        level: Passive,
        owasp: ["API1:2023"],
        cwe: [639],
        remedy: "object-ownership",
        since: "0.1.0",
    }
}

impl Check for BolaRead {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn plan(&self, cx: &PlanCx<'_>, operation: &Operation) -> Need {
        if !PlanCx::is_read(operation) || slots(cx.api, operation).is_empty() {
            return Need::NotApplicable;
        }
        // The attack twice, a missing object and an anonymous caller; two siblings and a bystander for the intent.
        Need::Requests(7 * pairs_of(cx.identities.len()))
    }

    fn run<'a>(&'a self, cx: &'a CheckCx<'a>, surveyed: &'a Surveyed) -> Running<'a> {
        Box::pin(run(cx, surveyed))
    }
}

async fn run(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Verdict {
    let pairs = cx.pairs(surveyed);
    if pairs.is_empty() {
        return no_pair(cx, surveyed);
    }
    let (mut last, mut suspected) = (None, None);
    for pair in pairs {
        match attempt(cx, surveyed, &pair).await {
            Ok(Verdict::Broken(drafts)) if is_confirmed(&drafts) => return Verdict::Broken(drafts),
            // Another pair may show what is missing here.
            Ok(Verdict::Broken(drafts)) => suspected = suspected.or(Some(Verdict::Broken(drafts))),
            Ok(verdict) if suspected.is_some() && is_quiet(&verdict) => {
                tracing::debug!("a further pair is refused: {verdict:?}")
            }
            Ok(verdict) if is_quiet(&verdict) => return verdict,
            Ok(other) => last = Some(other),
            Err(error) => last = Some(unsent(&error)),
        }
    }
    suspected.or(last).unwrap_or_else(|| inconclusive("nothing was tried", None))
}

fn is_confirmed(drafts: &[Draft]) -> bool {
    drafts.iter().any(|draft| draft.confidence() == Confidence::Confirmed)
}

/// Why nobody can play intruder and owner.
pub(super) fn no_pair(cx: &CheckCx<'_>, surveyed: &Surveyed) -> Verdict {
    let people = &cx.survey.people.all;
    let absent: Vec<&str> =
        people.iter().filter(|person| !person.signed_in).map(|person| person.name.as_str()).collect();
    if people.len() - absent.len() < 2 && people.len() >= 2 {
        let help = format!("see to it that {} can sign in", absent.join(", "));
        return skipped(format!("{} did not sign in, and two callers are needed", absent.join(", ")), Some(&help));
    }
    if people.is_empty() {
        return skipped(
            "needs two signed-in identities of the same role",
            Some("add two identities of the same role to routewarden.toml (`routewarden init` shows how)"),
        );
    }
    if people.len() < 2 {
        return skipped(
            "needs two signed-in identities of the same role",
            Some("add a second identity of the same role to routewarden.toml"),
        );
    }
    let owned =
        surveyed.valid().any(|baseline| baseline.object.as_ref().is_some_and(|key| cx.survey.owner(key).is_some()));
    if owned {
        return skipped(
            "needs two signed-in identities of the same role",
            Some("add a second identity of the same role to routewarden.toml"),
        );
    }
    skipped(
        "no object is known that belongs to one caller",
        Some("tell one: `owns = { <parameter> = [\"<id>\"] }` under its owner in routewarden.toml"),
    )
}

/// The answers that one attempt rests on.
struct Seen {
    attack: Arc<Answer>,
    again: Arc<Answer>,
    missing: Option<Arc<Answer>>,
    /// To this very object: objects differ in who may read them.
    anonymous: Arc<Answer>,
}

async fn ask(cx: &CheckCx<'_>, pair: &Pair<'_>) -> Result<Seen, SendError> {
    let attack = CheckCx::as_caller(pair.baseline, CheckCx::caller(&pair.intruder.name));
    let first = cx.send(&attack).await?;
    let again = cx.send(&attack.again(1)).await?;
    let missing = match &pair.baseline.missing_url {
        Some(url) => Some(cx.send(&crate::probe::Ask { url: url.clone(), ..attack }).await?),
        None => None,
    };
    // At the very address of the attack, which need not be the one that the survey asked anonymously.
    let anonymous = cx.send(&CheckCx::as_caller(pair.baseline, Caller::Anonymous)).await?;
    Ok(Seen { anonymous, attack: first, again, missing })
}

async fn attempt(cx: &CheckCx<'_>, surveyed: &Surveyed, pair: &Pair<'_>) -> Result<Verdict, SendError> {
    let seen = ask(cx, pair).await?;
    let nothing: Vec<(&str, &Answer)> = seen.missing.iter().map(|answer| ("a missing object", &**answer)).collect();
    match CheckCx::reading(surveyed, &seen.attack, &pair.baseline.masks, &nothing) {
        Reading::Refused(because) => return Ok(held(format!("{} is refused: {because}", pair.intruder.name))),
        Reading::NoData(because) => return Ok(inconclusive(because, None)),
        Reading::Data => {}
    }
    let Some(response) = seen.attack.response() else { return Ok(inconclusive("no answer", None)) };
    let innocent: Vec<&Answer> = seen.missing.iter().map(|answer| &**answer).collect();
    let markers = cx.markers(surveyed, pair, &innocent);
    if markers.is_empty() {
        // Without a value of the owner's own, an answer to the intruder shows nothing.
        return Ok(inconclusive("the owner's object has no value of its own to recognise it by", None));
    }
    let shown = present(&markers, response);
    if shown.is_empty() {
        // A handler that ignores the path answers with the intruder's own object, or with nothing of the owner's.
        return Ok(held(format!("the answer to {} has nothing of {}'s object", pair.intruder.name, pair.owner.name)));
    }
    if !cx.is_distinctive(pair, &markers, &shown) {
        // A status or a currency that many objects have says nothing of this one.
        return Ok(inconclusive("the answer has only values that other objects have too", None));
    }
    if anonymous_sees(&seen.anonymous, &shown) {
        // What anyone may read is no matter of ownership; whether that is meant is asked by authn/missing.
        return Ok(held("public: an anonymous caller is shown the same"));
    }
    // A reduced view is one that the server chose for others.
    let reduced = shown.len() * 2 <= markers.len() && private_fields(&shown).is_empty();
    conclude(cx, surveyed, pair, &seen, &shown, reduced.then_some(markers.len())).await
}

fn anonymous_sees(anonymous: &Answer, shown: &[&Leaf]) -> bool {
    let owned: Vec<Leaf> = shown.iter().map(|leaf| (*leaf).clone()).collect();
    anonymous.response().is_some_and(|response| response.is_success() && !present(&owned, response).is_empty())
}

async fn conclude(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    pair: &Pair<'_>,
    seen: &Seen,
    shown: &[&Leaf],
    reduced: Option<usize>,
) -> Result<Verdict, SendError> {
    let intent = match (intent(cx, surveyed, pair, shown).await, reduced) {
        (Intent::Private(..), Some(all)) => Intent::Unclear(format!(
            "{} of {all} values, none of them private: a view for others, it may be",
            shown.len()
        )),
        (intent, _) => intent,
    };
    if let Intent::Shared(because) = &intent {
        return Ok(held(format!("shared: {because}")));
    }
    if let Intent::Ruled(because) = &intent {
        let help = "if the objects are their owner's alone, name one under `owns` of its owner in routewarden.toml";
        return Ok(inconclusive(because.clone(), Some(help)));
    }
    let (intruder, owner) = (&pair.intruder.name, &pair.owner.name);
    let mut proof = Proof::default();
    proof.clause("owner-served", true, format!("{owner} gets the object (status {})", status(&pair.baseline.first)));
    proof.clause("intruder-not-refused", true, format!("{intruder} gets status {}", status(&seen.attack)));
    let names: Vec<String> = shown.iter().take(4).map(|leaf| clean_name(&leaf.path, 60)).collect();
    proof.clause(
        "carries-owner-values",
        true,
        format!("{} values of {owner}'s object, at {}", shown.len(), names.join(", ")),
    );
    own_object_clause(surveyed, pair, &mut proof);
    missing_clause(pair, seen, shown, &mut proof);
    anonymous_clause(surveyed, pair, &seen.anonymous, &mut proof);
    intent_clause(&intent, &mut proof);
    let repeated = seen.again.response().is_some_and(|response| present_all(shown, response));
    proof.clause("repeated", repeated, "the same request again gave the same values");
    proof.show(Role::Attack, &seen.attack).show(Role::Baseline, &pair.baseline.first);
    if let Some(missing) = &seen.missing {
        proof.show(Role::Control, missing);
    }
    proof.show(Role::Control, &seen.anonymous);
    if let Intent::Private(_, Some(sibling)) = &intent {
        proof.show(Role::Control, sibling);
    }
    let slot = surveyed.slots.last();
    let resource = pair.baseline.object.as_ref().map_or("object", |key| key.0.as_str());
    let id = pair.baseline.object_id(&surveyed.slots).unwrap_or_default();
    Ok(proof.broken(Finding {
        site: slot.map(crate::survey::Slot::site).unwrap_or_default(),
        cause: surveyed.operation.path.clone(),
        claim: format!("{intruder} read {} {}, which {owner} owns", clean_name(resource, 40), clean_name(&id, 60)),
        severity: (!private_fields(shown).is_empty()).then_some(Severity::Critical),
        surveyed,
    }))
}

fn own_object_clause(surveyed: &Surveyed, pair: &Pair<'_>, proof: &mut Proof) {
    let intruder = &pair.intruder.name;
    match surveyed.valid_of(intruder) {
        // Markers were chosen among the values that this answer lacks.
        Some(own) if own.object != pair.baseline.object => {
            proof.clause("own-object-differs", true, format!("{intruder}'s own object here has none of these values"));
            proof.show(Role::Control, &own.first);
        }
        _ => {
            let because =
                format!("{intruder} has no object of its own here; the answer about a missing object stands in");
            proof.clause("own-object-differs", pair.baseline.missing.is_some(), because);
        }
    }
}

fn missing_clause(pair: &Pair<'_>, seen: &Seen, shown: &[&Leaf], proof: &mut Proof) {
    match &seen.missing {
        Some(missing) => {
            let owned: Vec<Leaf> = shown.iter().map(|leaf| (*leaf).clone()).collect();
            let because = format!("an id that does not exist gets {} status {}", pair.intruder.name, status(missing));
            match missing.response().filter(|response| response.status != 429) {
                Some(response) => proof.clause("missing-object-differs", present(&owned, response).is_empty(), because),
                None => proof.open("missing-object-differs", because),
            };
        }
        None => {
            proof.open("missing-object-differs", "no missing object could be asked for");
        }
    }
}

fn anonymous_clause(surveyed: &Surveyed, pair: &Pair<'_>, anonymous: &Answer, proof: &mut Proof) {
    match CheckCx::reading(surveyed, anonymous, &pair.baseline.masks, &[]) {
        Reading::Refused(because) => proof.clause("anonymous-lacks-it", true, format!("anonymous: {because}")),
        Reading::Data => proof.clause("anonymous-lacks-it", true, "the anonymous answer has none of these values"),
        Reading::NoData(because) => proof.open("anonymous-lacks-it", because),
    };
}

fn intent_clause(intent: &Intent, proof: &mut Proof) {
    match intent {
        Intent::Private(because, _) => proof.clause("meant-for-owner", true, because.clone()),
        Intent::Unclear(because) | Intent::Shared(because) | Intent::Ruled(because) => proof.open(
            "meant-for-owner",
            format!("{because}; to settle it, name the object under `owns` of its owner, or add a third identity"),
        ),
    };
}

pub(super) fn present_all(shown: &[&Leaf], response: &crate::probe::Response) -> bool {
    let owned: Vec<Leaf> = shown.iter().map(|leaf| (*leaf).clone()).collect();
    present(&owned, response).len() == owned.len()
}
