//! One patch of the user's files for one or several findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use routewarden_source::fix::{
    CodeFixRequest, FixFacts, Idiom, Plan, Proposal, RefusalReason, RemedyKind, StepOutcome, plan_fixes,
};
use routewarden_source::routes::{FrameworkName, RouteEntry, path_parameters};

use super::advice;
use super::facts::{self, facts_of, remedy_of};
use super::proof;
use super::siblings::sibling_of;
use crate::app::answers::{Fix, FixOutcome, FixStep, FixTest};
use crate::code::CodeIndex;
use crate::model::{Confidence, Method, clean_text};
use crate::remedy::Framework;
use crate::report::{Finding, OperationRef, Report};

/// More routes of one finding are not patched at once.
const MOST_ROUTES: usize = 20;

/// A patch, or why there is none.
#[derive(Default)]
pub(super) struct Patch {
    steps: Vec<FixStep>,
    diff: String,
    dependencies: Vec<String>,
    needs_review: Vec<String>,
    tests: Vec<FixTest>,
    pub(super) files: BTreeMap<String, String>,
    pub(super) originals: BTreeMap<String, String>,
    pub(super) root: PathBuf,
    /// The framework of the first handler, and where that stands.
    pub(super) shown: Option<(Framework, String)>,
}

/// One route of one finding.
struct WantedPatch<'a> {
    finding: &'a Finding,
    operation: &'a OperationRef,
    remedy: Option<RemedyKind>,
}

/// Makes the patch. What stays without one has its reason in the steps.
pub(super) fn build_for_findings(findings: &[Finding], report: &Report, source: &Path, with_test: bool) -> Patch {
    let wanted: Vec<WantedPatch<'_>> = findings.iter().flat_map(wanted_of).collect();
    let mut index = match CodeIndex::read(source) {
        Ok(index) => index,
        Err(why) => return Patch::without(&wanted, source, &why.to_string()),
    };
    // The document of that scan may be gone by now; the report's own operations are enough to bind handlers.
    index.bind_paths(&report.scan.base_url, &operations_of(report));
    let mut requests = Vec::new();
    let mut places = BTreeMap::new();

    for (at, want) in wanted.iter().enumerate() {
        let (Some(remedy), Some(entry)) = (want.remedy, index.entry(&want.operation.id())) else { continue };
        // Routes without a handler make no request, so the plan's numbers differ from those of the routes.
        places.insert(requests.len(), at);
        requests.push(CodeFixRequest {
            project: index.project(),
            routes: index.table(),
            entry,
            remedy,
            sibling: sibling_of(&index, want.finding, report),
            facts: FixFacts { parameter: find_source_parameter(want, entry), ..facts_of(want.finding, report) },
        });
    }

    let plan = plan_fixes(&requests);
    let mut patch = Patch::of(plan, &wanted, &places, &index);
    patch.shown = detect_framework(&wanted, &index);

    if with_test {
        patch.add_tests(&index, findings, report);
    }
    patch
}

/// Returns the framework of the first handler that is found; else that of all routes, where they are of one.
fn detect_framework(wanted: &[WantedPatch<'_>], index: &CodeIndex) -> Option<(Framework, String)> {
    let of =
        |entry: &RouteEntry| (framework_of(entry.framework), format!("{}:{}", entry.handler.file, entry.handler.line));
    let handler = wanted.iter().find_map(|want| index.entry(&want.operation.id()));

    if let Some(entry) = handler {
        return Some(of(entry));
    }
    let first = index.routes().first()?;
    // In a tree of two frameworks either could hold the handler that was not found.
    index.routes().iter().all(|entry| entry.framework == first.framework).then(|| of(first))
}

fn framework_of(name: FrameworkName) -> Framework {
    match name {
        FrameworkName::Flask => Framework::Flask,
        FrameworkName::FastApi => Framework::FastApi,
        FrameworkName::Django => Framework::DjangoRest,
        FrameworkName::Express => Framework::Express,
        FrameworkName::NestJs => Framework::NestJs,
        FrameworkName::Spring => Framework::SpringBoot,
        FrameworkName::Gin => Framework::Gin,
        FrameworkName::Echo => Framework::Echo,
        FrameworkName::NetHttp => Framework::NetHttp,
        FrameworkName::Rails => Framework::Rails,
        FrameworkName::Laravel => Framework::Laravel,
        FrameworkName::AspNet => Framework::AspNet,
        FrameworkName::Axum => Framework::Axum,
        FrameworkName::Actix => Framework::Actix,
    }
}

/// The parameter of the finding by its name in the source: `{id}` of the document may be `{pk}` there.
fn find_source_parameter(want: &WantedPatch<'_>, entry: &RouteEntry) -> Option<String> {
    let named = facts::parameter_of(want.finding)?;
    // Counted from the end: the source's path may lack a prefix that has parameters of its own.
    let slots = |path: &str| -> Vec<String> { path_parameters(path).into_iter().rev().collect() };
    let place = slots(&want.operation.path).iter().position(|slot| *slot == named);
    place.and_then(|place| slots(&entry.path).into_iter().nth(place)).or(Some(named))
}

fn wanted_of(finding: &Finding) -> Vec<WantedPatch<'_>> {
    let remedy = remedy_of(&finding.remedy);
    let all = std::iter::once(&finding.operation).chain(&finding.also);

    // One change mends what one cause shows on many routes; where only words help, they are said once.
    let most = if remedy.is_some() { MOST_ROUTES } else { 1 };
    all.take(most).map(|operation| WantedPatch { finding, operation, remedy }).collect()
}

/// Every operation that the scan knew.
fn operations_of(report: &Report) -> Vec<(Method, String)> {
    let places = report.coverage.iter().map(|row| &row.operation);
    let found = report.findings.iter().flat_map(|finding| std::iter::once(&finding.operation).chain(&finding.also));
    let all: BTreeSet<(Method, String)> = places.chain(found).map(|it| (it.method, it.path.clone())).collect();
    all.into_iter().collect()
}

impl Patch {
    fn without(wanted: &[WantedPatch<'_>], source: &Path, why: &str) -> Patch {
        Patch {
            steps: wanted.iter().map(|want| build_fix_step(want, None, FixOutcome::Advice, why.to_owned())).collect(),
            root: source.to_path_buf(),
            ..Patch::default()
        }
    }

    fn of(plan: Plan, wanted: &[WantedPatch<'_>], places: &BTreeMap<usize, usize>, index: &CodeIndex) -> Patch {
        let mut steps: Vec<Option<FixStep>> = wanted.iter().map(|want| step_without_change(want, index)).collect();
        for planned in &plan.steps {
            let Some(at) = places.get(&planned.request) else { continue };
            let Some(want) = wanted.get(*at) else { continue };
            let place = index.place(&want.operation.id()).map(|place| place.to_string());
            let (outcome, because) = match &planned.outcome {
                StepOutcome::Proposed(made) => (FixOutcome::Patched, describe_proposal(made)),
                StepOutcome::Covered { by } => {
                    let other = places.get(by).and_then(|at| wanted.get(*at)).map(|want| want.finding.id.clone());
                    (FixOutcome::Patched, format!("the change for {} covers it", other.unwrap_or_default()))
                }
                // The proof was made against what runs: code that looks right is not.
                StepOutcome::Refused(refusal) if refusal.reason == RefusalReason::NothingToDo => {
                    let because = format!("no patch: {}; yet the proof shows that it does not hold", refusal.because);
                    (FixOutcome::Advice, because)
                }
                StepOutcome::Refused(refusal) => (FixOutcome::Advice, refusal.to_string()),
            };

            if let Some(slot) = steps.get_mut(*at) {
                *slot = Some(build_fix_step(want, place, outcome, because));
            }
        }

        // Before files are written, they are compared with the text that the patch was made for.
        let original =
            |file: &String| index.project().tree.file(file).map(|known| known.text.to_string()).unwrap_or_default();
        Patch {
            steps: steps.into_iter().flatten().collect(),
            originals: plan.files.keys().map(|file| (file.clone(), original(file))).collect(),
            diff: plan.diff,
            dependencies: plan.dependencies,
            needs_review: plan.needs_review,
            tests: Vec::new(),
            files: plan.files,
            root: index.root().to_path_buf(),
            shown: None,
        }
    }

    /// Adds a regression test for each confirmed finding; what has none is said where there is something to review.
    fn add_tests(&mut self, index: &CodeIndex, findings: &[Finding], report: &Report) {
        // The test of a mere suspicion could fail on sound code.
        for finding in findings.iter().filter(|finding| finding.confidence == Confidence::Confirmed) {
            match proof::test_for(index, finding, report) {
                Ok(test) => self.tests.push(test),
                Err(why) => self.needs_review.push(format!("no test for {} ({}): {why}", finding.id, finding.check)),
            }
        }
    }

    /// Writes the patch into an answer. Where there is one, samples for other projects are left out.
    pub(super) fn write_into(self, fix: &mut Fix) {
        let mut ids: Vec<String> = Vec::new();
        for step in &self.steps {
            if !ids.contains(&step.finding_id) {
                ids.push(step.finding_id.clone());
            }
        }
        fix.verify = advice::verification_steps(&ids);

        if !self.diff.is_empty() {
            fix.code.clear();
            fix.diff = Some(self.diff);
            fix.needs_review = self.needs_review;
            fix.dependencies = self.dependencies;
        }

        fix.tests = self.tests;
        fix.steps = self.steps;
    }
}

/// Returns what there is to say of a route for which no change was asked.
fn step_without_change(want: &WantedPatch<'_>, index: &CodeIndex) -> Option<FixStep> {
    let place = index.place(&want.operation.id()).map(|place| place.to_string());
    let why = match (want.remedy, &place) {
        (None, _) => "this is no matter of one place in the code: see the guidance".to_owned(),
        (_, None) => "its handler was not found in the source".to_owned(),
        _ => return None,
    };
    Some(build_fix_step(want, place, FixOutcome::Advice, why))
}

fn describe_proposal(made: &Proposal) -> String {
    let idiom = match &made.idiom {
        Idiom::Sibling { place, what } => format!("as {}:{} does ({what})", place.file, place.line),
        Idiom::Library { name, place } => format!("with {name}, which {}:{} has", place.file, place.line),
        Idiom::Framework => "in the framework's usual way: a proposal, as the project has none of its own".to_owned(),
    };
    format!("{}; {idiom}", made.why)
}

fn build_fix_step(want: &WantedPatch<'_>, place: Option<String>, outcome: FixOutcome, because: String) -> FixStep {
    FixStep {
        finding_id: want.finding.id.clone(),
        check: want.finding.check.clone(),
        route: format!("{} {}", want.operation.method, clean_text(&want.operation.path, 200)),
        code: place,
        outcome,
        because: clean_text(&because, 600),
    }
}
