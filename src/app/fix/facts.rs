//! What a finding tells a patch: which remedy, which parameter, which fields, which role.

use routewarden_source::fix::{FixFacts, RemedyKind};

use crate::model::Role;
use crate::report::{Finding, Report};

/// Returns the change that a remedy of the library stands for; none where only words help.
pub(super) fn remedy_of(remedy: &str) -> Option<RemedyKind> {
    Some(match remedy {
        "object-ownership" => RemedyKind::ObjectOwnership,
        "scoped-list" => RemedyKind::ScopedList,
        "require-authentication" => RemedyKind::MissingGuard,
        "role-check" => RemedyKind::RoleGuard,
        // An owner that is named in the body is a field that the caller must not set.
        "field-allow-list" | "owner-from-session" => RemedyKind::FieldAllowList,
        "verify-signature" | "enforce-expiry" => RemedyKind::VerifyToken,
        "response-schema" => RemedyKind::ResponseSchema,
        "cors-origins" => RemedyKind::CorsOrigins,
        "throttle-sign-in" => RemedyKind::RateLimit,
        "model-context" => RemedyKind::ModelContext,
        _ => return None,
    })
}

/// Returns what the scan knows of a finding that a patch needs.
pub(super) fn facts_of(finding: &Finding, report: &Report) -> FixFacts {
    FixFacts {
        not_settable: fields_at(finding, "body:"),
        leaking: fields_at(finding, "response:"),
        documented: documented_fields(finding, report),
        role: higher_role(finding, report),
        line: finding.code.as_ref().and_then(|code| usize::try_from(code.line).ok()),
        is_public: report
            .policy
            .iter()
            .any(|row| row.policy == "public" && row.broken_by.iter().any(|it| is_finding_route(it, finding))),
        ..FixFacts::default()
    }
}

/// Returns the fields that the document names for the body, where the finding is about fields of the body itself.
pub(super) fn documented_fields(finding: &Finding, report: &Report) -> Vec<String> {
    let deep = |part: &str| part.strip_prefix("body:").is_some_and(|path| path.trim_start_matches('/').contains('/'));
    // The document's fields are those of the top level; for a nested one they would be the wrong list.
    if finding.site.split(',').map(str::trim).any(deep) {
        return Vec::new();
    }
    let known = report.rebuild.iter().flat_map(|rebuild| &rebuild.bodies);
    let own = known.filter(|body| body.operation == finding.operation);
    own.flat_map(|body| body.fields.clone()).collect()
}

/// Returns the last names of the paths that a finding is about, at one place: `body:`, `response:`.
pub(super) fn fields_at(finding: &Finding, place: &str) -> Vec<String> {
    let named = finding.site.split(',').map(str::trim).filter_map(|part| part.strip_prefix(place));
    named.filter_map(|path| path.rsplit('/').find(|part| !part.is_empty() && *part != "*")).map(str::to_owned).collect()
}

/// Returns the parameter that a finding is about, as the document calls it.
pub(super) fn parameter_of(finding: &Finding) -> Option<String> {
    ["path:", "query:", "body:"].iter().find_map(|place| finding.site.strip_prefix(place)).map(str::to_owned)
}

fn is_finding_route(route: &str, finding: &Finding) -> bool {
    route == format!("{} {}", finding.operation.method, finding.operation.path)
}

/// The role of the caller who is served by right, where it is not the attacker's own.
fn higher_role(finding: &Finding, report: &Report) -> Option<String> {
    let role_of =
        |name: &str| report.scan.identities.iter().find(|known| known.name == name).map(|known| known.role.clone());
    let of = |role: Role| {
        finding.exchanges.iter().find(|exchange| exchange.role == role).and_then(|it| role_of(&it.identity))
    };
    let attacker = of(Role::Attack);
    let served = of(Role::Baseline).filter(|role| Some(role) != attacker.as_ref());

    // Some proofs have no exchange of the administrator's; the scan knew one all the same.
    served
        .or_else(|| report.scan.identities.iter().map(|known| known.role.clone()).find(|role| role.as_str() != "user"))
}
