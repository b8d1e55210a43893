//! One consistent change for several findings: each is made on what those before it have left, so that a shared guard
//! comes once and nothing contradicts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::draft::describe_route;
use super::edits;
use super::proposal::{Edit, FileDigest, FixRefusal, Proposal, RefusalReason};
use super::propose::{original_texts, propose_fix, sort_unique};
use super::request::{CodeFixRequest, RemedyKind};
use super::verify::find_route_again;
use crate::frameworks::find_routes;
use crate::project::Project;
use crate::routes::RouteTable;

/// What became of one request.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum StepOutcome {
    /// It is part of the change.
    Proposed(Box<Proposal>),
    /// An earlier step covers it: its place in the given order.
    Covered {
        /// Which one.
        by: usize,
    },
    /// It is not part of the change.
    Refused(FixRefusal),
}

/// One request of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlanStep {
    /// Its place among the requests as they were given.
    pub request: usize,
    /// What was wanted.
    pub remedy: RemedyKind,
    /// For which route.
    pub route: String,
    /// What became of it. The edits of a proposal are those on what the steps before it left.
    pub outcome: StepOutcome,
}

/// One change for several requests.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// In the order in which they were carried out.
    pub steps: Vec<PlanStep>,
    /// All edits on the files as they are.
    pub edits: Vec<Edit>,
    /// A unified diff that `git apply` takes.
    pub diff: String,
    /// The changed files with their whole new text.
    pub files: BTreeMap<String, String>,
    /// What the changed files were before.
    pub originals: Vec<FileDigest>,
    /// Packages that must be added to the project.
    pub dependencies: Vec<String>,
    /// What a person must look at.
    pub needs_review: Vec<String>,
}

/// Plans one change for several requests to the same project.
pub fn plan_fixes(requests: &[CodeFixRequest<'_>]) -> Plan {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    let key = |at: &usize| requests.get(*at).map(|request| (request.remedy, request.entry.path.clone()));
    // Remedies in their fixed order, so that a guard stands before the ownership check that needs its caller.
    order.sort_by_key(key);
    let mut work = Work::default();

    for at in order {
        if let Some(request) = requests.get(at) {
            let outcome = work.step(request);
            work.steps.push(PlanStep {
                request: at,
                remedy: request.remedy,
                route: describe_route(request.entry),
                outcome,
            });
        }
    }

    work.finish(requests.first().map(|request| request.project))
}

#[derive(Default)]
struct Work {
    texts: BTreeMap<String, String>,
    /// The project as the steps so far leave it; absent before the first.
    current: Option<(Project, RouteTable)>,
    steps: Vec<PlanStep>,
}

impl Work {
    fn step(&mut self, request: &CodeFixRequest<'_>) -> StepOutcome {
        let Some((project, routes)) = &self.current else {
            return self.take(propose_fix(request), request.project);
        };
        // The offsets of the old entry are stale in the changed project, so that the route is found again.
        let Some(entry) = find_route_again(request.entry, project, routes) else {
            return StepOutcome::Refused(FixRefusal::new(
                RefusalReason::Conflict,
                format!("{} is not found any more after the steps before it", describe_route(request.entry)),
                "apply the others first, then ask again",
            ));
        };

        let sibling = request.sibling.and_then(|sibling| find_route_again(sibling, project, routes));
        let facts = request.facts.clone();
        let next = CodeFixRequest { project, routes, entry: &entry, sibling: sibling.as_ref(), facts, ..*request };

        match propose_fix(&next) {
            // What an earlier step already did is covered by it, and must not look like a refusal to the reader.
            Err(refusal) if refusal.reason == RefusalReason::NothingToDo => self.covered(request, refusal),
            made => {
                let project = project.clone();
                self.take(made, &project)
            }
        }
    }

    /// Which earlier step did what is wanted; the refusal itself where none did.
    fn covered(&self, request: &CodeFixRequest<'_>, refusal: FixRefusal) -> StepOutcome {
        let route = describe_route(request.entry);
        let by = self.steps.iter().rev().find(|step| {
            step.route == route
                && matches!(&step.outcome, StepOutcome::Proposed(made) if made.covers.contains(&request.remedy))
        });
        let by = by.or_else(|| {
            // The same place mended for another route: a guard that both share.
            let alone = propose_fix(request).ok()?;

            // Earlier steps moved what comes behind them, so that offsets say nothing.
            let same = |a: &Edit, b: &Edit| (&a.file, &a.old, &a.new) == (&b.file, &b.old, &b.new);
            let touched =
                |made: &Proposal| made.edits.iter().any(|edit| alone.edits.iter().any(|other| same(edit, other)));
            self.steps.iter().rev().find(|step| matches!(&step.outcome, StepOutcome::Proposed(made) if touched(made)))
        });

        by.map_or(StepOutcome::Refused(refusal), |step| StepOutcome::Covered { by: step.request })
    }

    fn take(&mut self, made: Result<Proposal, FixRefusal>, project: &Project) -> StepOutcome {
        match made {
            Ok(proposal) => {
                self.texts.extend(proposal.files.clone());
                let project = project.with(&proposal.files);
                let routes = find_routes(&project);
                self.current = Some((project, routes));
                StepOutcome::Proposed(Box::new(proposal))
            }
            Err(refusal) => StepOutcome::Refused(refusal),
        }
    }

    fn finish(self, project: Option<&Project>) -> Plan {
        // The edits are made from the texts at the start and the end, so that they apply to the files as they are.
        let before = project.map(|project| original_texts(project, &self.texts)).unwrap_or_default();
        let old = |file: &String| before.get(file).map_or("", String::as_str);
        let made = self.steps.iter().filter_map(|step| match &step.outcome {
            StepOutcome::Proposed(proposal) => Some(proposal),
            _ => None,
        });
        let (mut dependencies, mut needs_review) = (Vec::new(), Vec::new());

        for proposal in made {
            dependencies.extend(proposal.dependencies.clone());
            needs_review.extend(proposal.needs_review.clone());
        }
        Plan {
            edits: self.texts.iter().flat_map(|(file, new)| edits::changed_pieces(file, old(file), new)).collect(),
            diff: edits::diff_files(&before, &self.texts),
            originals: before.iter().map(|(file, text)| edits::digest_file(file, text)).collect(),
            files: self.texts,
            dependencies: sort_unique(dependencies),
            needs_review: sort_unique(needs_review),
            steps: self.steps,
        }
    }
}
