//! From a request to a verified proposal: the recipe, what it makes necessary beside it, and the verification.

use std::collections::BTreeMap;

use super::draft::{Case, FixDraft};
use super::edits;
use super::proposal::{FixRefusal, Idiom, Proposal, RefusalReason};
use super::recipes;
use super::request::{CodeFixRequest, RemedyKind};
use super::verify::{self, ChangedProject};
use crate::project::Project;
use crate::routes::path_parameters;

/// Proposes a change.
///
/// # Errors
/// There is nothing to change, the place or a fact is missing, the route is open on purpose, or the change did not stand
/// its verification. The refusal says which, and what to do.
pub fn propose_fix(request: &CodeFixRequest<'_>) -> Result<Proposal, FixRefusal> {
    let first = draft_fix(request)?;
    let texts = first.texts(request.project)?;
    let mut made = DraftedFix { covers: vec![request.remedy], texts, draft: first };
    // The second remedy is drafted on the changed project: it needs the caller that the guard brings.
    let mut after = ChangedProject::of(request, &made.texts)?;

    for also in needed_beside(request) {
        let next = CodeFixRequest { remedy: *also, ..after.request(request)? };
        match draft_fix(&next) {
            Ok(more) => {
                let texts = more.texts(&after.project)?;
                made.add(*also, more, texts);
                after = ChangedProject::of(request, &made.texts)?;
            }
            // What is already so, or has no owner that could be seen, needs nothing beside it.
            Err(refusal)
                if matches!(refusal.reason, RefusalReason::NothingToDo | RefusalReason::NotLocated)
                    || (*also == RemedyKind::ScopedList && refusal.reason == RefusalReason::NoOwner) => {}
            // What cannot be mended beside it is left to a reviewer: a route with a guard is still better than one
            // without.
            Err(refusal) => made.draft.review.push(format!("not mended here: {refusal}")),
        }
    }

    build_proposal(request, made, &after)
}

/// Runs the recipe.
pub(super) fn draft_fix(request: &CodeFixRequest<'_>) -> Result<FixDraft, FixRefusal> {
    let case = Case::of(request)?;
    let made = recipes::draft_remedy(&case)?;

    if made.changes.values().all(Vec::is_empty) {
        return Err(case.nothing_to_do("the code already does what the remedy asks for"));
    }
    Ok(made)
}

/// What else must hold so that the remedy does not open another hole: who is signed in may still not have everything.
fn needed_beside(request: &CodeFixRequest<'_>) -> &'static [RemedyKind] {
    let names_object = !path_parameters(&request.entry.path).is_empty() || request.facts.parameter.is_some();
    // A credential alone would let every account reach every object: BOLA in the place of an open route.
    match (request.remedy, names_object) {
        (RemedyKind::MissingGuard, true) => &[RemedyKind::ObjectOwnership],
        (RemedyKind::MissingGuard, false) => &[RemedyKind::ScopedList],
        _ => &[],
    }
}

/// A change with its texts.
struct DraftedFix {
    covers: Vec<RemedyKind>,
    texts: BTreeMap<String, String>,
    draft: FixDraft,
}

impl DraftedFix {
    fn add(&mut self, remedy: RemedyKind, more: FixDraft, texts: BTreeMap<String, String>) {
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

fn build_proposal(
    request: &CodeFixRequest<'_>,
    made: DraftedFix,
    after: &ChangedProject,
) -> Result<Proposal, FixRefusal> {
    let before = original_texts(request.project, &made.texts);
    let verification = verify::verify_change(request, &before, &made.texts, after)?;
    let old = |file: &String| before.get(file).map_or("", String::as_str);
    let edits = made.texts.iter().flat_map(|(file, new)| edits::changed_pieces(file, old(file), new)).collect();

    Ok(Proposal {
        covers: made.covers,
        why: made.draft.why,
        edits,
        diff: edits::diff_files(&before, &made.texts),
        originals: before.iter().map(|(file, text)| edits::digest_file(file, text)).collect(),
        files: made.texts,
        idiom: made.draft.idiom,
        dependencies: sort_unique(made.draft.dependencies),
        imports: sort_unique(made.draft.imports),
        needs_review: made.draft.review,
        confidence: made.draft.confidence,
        verification,
    })
}

/// Returns the texts that these files have in the project.
pub(super) fn original_texts(project: &Project, texts: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let known = texts.keys().filter_map(|file| project.tree.file(file));
    known.map(|file| (file.path.clone(), file.text.to_string())).collect()
}

pub(super) fn sort_unique(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts.dedup();
    texts
}
