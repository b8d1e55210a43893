//! One file a remedy: how it is brought into a handler.

mod bodies;
mod cors;
mod decorators;
mod django;
mod exposure;
mod fields;
mod guard;
mod list;
mod narrowing;
mod nest;
mod objects;
mod ownership;
mod path;
mod query;
mod rate;
mod role;
mod schemas;
mod secret;
mod ssrf;
mod token;

use std::collections::BTreeMap;

use super::draft::{Case, Draft};
use super::proposal::{Refusal, RefusalReason};
use super::request::{FixRequest, Remedy};
use super::switch;
use super::verify::again;
use crate::frameworks::find_routes;

/// Makes the change of a remedy.
pub(super) fn draft(case: &Case<'_>) -> Result<Draft, Refusal> {
    match settled(case) {
        Some(draft) => Ok(draft),
        None => own_draft(case),
    }
}

fn own_draft(case: &Case<'_>) -> Result<Draft, Refusal> {
    match case.remedy {
        Remedy::ObjectOwnership => ownership::draft(case),
        Remedy::MissingGuard => guard::draft(case),
        Remedy::RoleGuard => role::draft(case),
        Remedy::ScopedList => list::draft(case),
        Remedy::VerifyToken => token::draft(case),
        Remedy::ResponseSchema => exposure::draft(case),
        Remedy::CorsOrigins => cors::draft(case),
        Remedy::FieldAllowList => fields::draft(case),
        Remedy::RateLimit => rate::draft(case),
        Remedy::SsrfGuard => ssrf::draft(case),
        Remedy::ParameterisedQuery => query::draft(case),
        Remedy::SafePath => path::draft(case),
        Remedy::LogRedaction => secret::of_logs(case),
        Remedy::ModelContext => secret::of_model(case),
    }
}

/// The check may be there, and turned off: then it is there with a switch at one value, and not at the other.
fn settled(case: &Case<'_>) -> Option<Draft> {
    let pieces = switch::pieces(case);
    let handler = pieces.get(..1).unwrap_or_default();
    for part in [handler, pieces.as_slice()] {
        for found in switch::switches(case, part) {
            let asks = |value: bool| {
                let texts = switch::settled(case.project, part, &found, value);
                (!texts.is_empty()).then(|| (does_it(case, &texts), texts))
            };
            match (asks(true), asks(false)) {
                (Some((true, texts)), Some((false, _))) => return Some(switch::draft(case, &texts, &found, true)),
                (Some((false, _)), Some((true, texts))) => return Some(switch::draft(case, &texts, &found, false)),
                _ => {}
            }
        }
    }
    None
}

/// Whether the handler does what the remedy asks for with these texts.
fn does_it(case: &Case<'_>, texts: &BTreeMap<String, String>) -> bool {
    let project = case.project.with(texts);
    let routes = find_routes(&project);
    let Some(entry) = again(case.entry, &project, &routes) else { return false };
    let facts = case.facts.clone();
    let request =
        FixRequest { project: &project, routes: &routes, entry: &entry, remedy: case.remedy, sibling: None, facts };
    let Ok(next) = Case::of(&request) else { return false };
    own_draft(&next).is_err_and(|refusal| refusal.reason == RefusalReason::NothingToDo)
}
