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
mod nest_more;
mod objects;
mod origins;
mod ownership;
mod parts;
mod path;
mod query;
mod rate;
mod role;
mod schemas;
mod secret;
mod ssrf;
mod token;

use std::collections::BTreeMap;

use super::draft::{Case, FixDraft};
use super::proposal::{FixRefusal, RefusalReason};
use super::request::{CodeFixRequest, RemedyKind};
use super::switch;
use super::verify::find_route_again;
use crate::frameworks::find_routes;

/// Makes the change of a remedy.
pub(super) fn draft_remedy(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    match draft_by_switch(case) {
        Some(draft) => Ok(draft),
        None => own_draft(case),
    }
}

fn own_draft(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    match case.remedy {
        RemedyKind::ObjectOwnership => ownership::require_owner(case),
        RemedyKind::MissingGuard => guard::require_credential(case),
        RemedyKind::RoleGuard => role::require_role(case),
        RemedyKind::ScopedList => list::scope_list(case),
        RemedyKind::VerifyToken => token::verify_token(case),
        RemedyKind::ResponseSchema => exposure::hide_leaking_fields(case),
        RemedyKind::CorsOrigins => cors::restrict_origins(case),
        RemedyKind::FieldAllowList => fields::allow_named_fields(case),
        RemedyKind::RateLimit => rate::limit_rate(case),
        RemedyKind::SsrfGuard => ssrf::refuse_private_hosts(case),
        RemedyKind::ParameterisedQuery => query::parameterise_query(case),
        RemedyKind::SafePath => path::confine_path(case),
        RemedyKind::LogRedaction => secret::of_logs(case),
        RemedyKind::ModelContext => secret::of_model(case),
    }
}

/// The check may be there, and turned off: then it is there with a switch at one value, and not at the other.
fn draft_by_switch(case: &Case<'_>) -> Option<FixDraft> {
    let pieces = switch::route_pieces(case);
    let handler = pieces.get(..1).unwrap_or_default();

    // The handler alone is tried first, so that a switch in shared code is touched only where it must be.
    for part in [handler, pieces.as_slice()] {
        for found in switch::find_switches(case, part) {
            let asks = |value: bool| {
                let texts = switch::texts_with_switch(case.project, part, &found, value);
                (!texts.is_empty()).then(|| (does_it(case, &texts), texts))
            };
            // Only where the value decides whether the remedy holds is it the switch; other settings leave both
            // answers alike.
            match (asks(true), asks(false)) {
                (Some((true, texts)), Some((false, _))) => {
                    return Some(switch::remove_switch(case, &texts, &found, true));
                }
                (Some((false, _)), Some((true, texts))) => {
                    return Some(switch::remove_switch(case, &texts, &found, false));
                }
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
    let Some(entry) = find_route_again(case.entry, &project, &routes) else { return false };
    let facts = case.facts.clone();
    let request =
        CodeFixRequest { project: &project, routes: &routes, entry: &entry, remedy: case.remedy, sibling: None, facts };
    let Ok(next) = Case::of(&request) else { return false };

    own_draft(&next).is_err_and(|refusal| refusal.reason == RefusalReason::NothingToDo)
}
