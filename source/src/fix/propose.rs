//! From a request to a verified proposal: the recipe, what it makes necessary beside it, and the verification.

use std::collections::BTreeMap;

use super::draft::{Case, Draft};
use super::edits;
use super::proposal::{Idiom, Proposal, Refusal, RefusalReason};
use super::recipes;
use super::request::{FixRequest, Remedy};
use super::verify::{self, Overlay};
use crate::project::Project;
use crate::routes::parameters;

/// Proposes a change.
///
/// # Errors
/// There is nothing to change, the place or a fact is missing, the route is open on purpose, or the change did not stand
/// its verification. The refusal says which, and what to do.
pub fn propose(request: &FixRequest<'_>) -> Result<Proposal, Refusal> {
    let first = draft(request)?;
    let texts = first.texts(request.project)?;
    let mut made = Made { covers: vec![request.remedy], texts, draft: first };
    let mut after = Overlay::of(request, &made.texts)?;
    for also in needed_beside(request) {
        let next = FixRequest { remedy: *also, ..after.request(request)? };
        match draft(&next) {
            Ok(more) => {
                let texts = more.texts(&after.project)?;
                made.add(*also, more, texts);
                after = Overlay::of(request, &made.texts)?;
            }
            // What is already so, or has no owner that could be seen, needs nothing beside it.
            Err(refusal)
                if matches!(refusal.reason, RefusalReason::NothingToDo | RefusalReason::NotLocated)
                    || (*also == Remedy::ScopedList && refusal.reason == RefusalReason::NoOwner) => {}
            Err(refusal) => made.draft.review.push(format!("not mended here: {refusal}")),
        }
    }
    finish(request, made, &after)
}

/// Runs the recipe.
pub(super) fn draft(request: &FixRequest<'_>) -> Result<Draft, Refusal> {
    let case = Case::of(request)?;
    let made = recipes::draft(&case)?;
    if made.changes.values().all(Vec::is_empty) {
        return Err(case.nothing_to_do("the code already does what the remedy asks for"));
    }
    Ok(made)
}

/// What else must hold so that the remedy does not open another hole: who is signed in may still not have everything.
fn needed_beside(request: &FixRequest<'_>) -> &'static [Remedy] {
    let names_object = !parameters(&request.entry.path).is_empty() || request.facts.parameter.is_some();
    match (request.remedy, names_object) {
        (Remedy::MissingGuard, true) => &[Remedy::ObjectOwnership],
        (Remedy::MissingGuard, false) => &[Remedy::ScopedList],
        _ => &[],
    }
}

/// A change with its texts.
struct Made {
    covers: Vec<Remedy>,
    texts: BTreeMap<String, String>,
    draft: Draft,
}

impl Made {
    fn add(&mut self, remedy: Remedy, more: Draft, texts: BTreeMap<String, String>) {
        self.covers.push(remedy);
        self.texts.extend(texts);
        self.draft.why = format!("{}; {}", self.draft.why, more.why);
        self.draft.dependencies.extend(more.dependencies);
        self.draft.imports.extend(more.imports);
        self.draft.review.extend(more.review);
        self.draft.confidence = self.draft.confidence.min(more.confidence);
        if self.draft.idiom == Idiom::Framework {
            self.draft.idiom = more.idiom;
        }
    }
}

fn finish(request: &FixRequest<'_>, made: Made, after: &Overlay) -> Result<Proposal, Refusal> {
    let before = originals(request.project, &made.texts);
    let verification = verify::verify(request, &before, &made.texts, after)?;
    let old = |file: &String| before.get(file).map_or("", String::as_str);
    let edits = made.texts.iter().flat_map(|(file, new)| edits::replaced(file, old(file), new)).collect();

    Ok(Proposal {
        covers: made.covers,
        why: made.draft.why,
        edits,
        diff: edits::diff(&before, &made.texts),
        originals: before.iter().map(|(file, text)| edits::digest(file, text)).collect(),
        files: made.texts,
        idiom: made.draft.idiom,
        dependencies: sorted(made.draft.dependencies),
        imports: sorted(made.draft.imports),
        needs_review: made.draft.review,
        confidence: made.draft.confidence,
        verification,
    })
}

/// Returns the texts that these files have in the project.
pub(super) fn originals(project: &Project, texts: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let known = texts.keys().filter_map(|file| project.tree.file(file));
    known.map(|file| (file.path.clone(), file.text.to_string())).collect()
}

pub(super) fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}
