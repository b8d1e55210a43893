//! django-cors-headers: which origins the settings let in.

use crate::fix::draft::Case;
use crate::fix::proposal::Idiom;
use crate::fix::recipes::cors::{OriginPolicy, format_origins, new_origins_draft};
use crate::fix::recipes::origins::is_open;
use crate::fix::style::{CodeStyle, line_end, line_start};
use crate::ir::{Expr, Span, StatementKind};
use crate::project::Module;
use crate::routes::FrameworkName;

/// The present name and the older one of what lets every origin in.
const ALL: [&str; 2] = ["CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"];
/// What names single origins.
const NAMED: [&str; 2] = ["CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST"];
const PATTERNS: [&str; 2] = ["CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"];

/// Reads settings. `None` where they say nothing of origins.
pub(in crate::fix::recipes) fn of_settings(case: &Case<'_>, module: &Module) -> Option<OriginPolicy> {
    if case.entry.framework != FrameworkName::Django || !module.text.contains("CORS_") {
        return None;
    }
    let style = CodeStyle::of(&module.text, module.language);
    let all: Vec<(&str, &Expr, Span)> = module
        .statements
        .iter()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Assign(targets, Some(value)) => {
                targets.first().and_then(Expr::name).map(|name| (name, value, statement.span))
            }
            _ => None,
        })
        .collect();
    let find = |names: &[&str]| all.iter().rev().find(|(name, ..)| names.contains(name));
    let (whole, named, patterns) = (find(&ALL), find(&NAMED), find(&PATTERNS));
    let mut draft = new_origins_draft(case, "only the named origins may read answers");

    if let Some((_, value, span)) = whole.filter(|(_, value, _)| is_open(value)) {
        // With a list beside it, turning the switch off is enough; without one, the list takes the place of the
        // switch.
        match named {
            Some(_) => draft.replace(&module.path, value.span, "False"),
            None => draft.replace(&module.path, *span, format!("{} = {}", NAMED[0], format_origins(case, style))),
        }
    }

    if let Some((_, _, span)) = patterns.filter(|(_, value, _)| is_any_pattern(value)) {
        let (start, end) = (line_start(&module.text, span.start), line_end(&module.text, span.end.saturating_sub(1)));
        draft.replace(&module.path, Span { start, end, ..*span }, "");
    }
    if draft.changes.is_empty() {
        return (whole.is_some() || named.is_some() || patterns.is_some()).then_some(OriginPolicy::Closed);
    }
    let span = whole.or(patterns).map(|(.., span)| *span)?;
    draft.idiom = Idiom::Library { name: "django-cors-headers".to_owned(), place: case.place(module.id, span) };
    Some(OriginPolicy::Open(Box::new(draft)))
}

/// A list with a pattern that each origin fits.
fn is_any_pattern(value: &Expr) -> bool {
    let crate::ir::ExprKind::List(items) = &*value.kind else { return false };
    let texts = items.iter().filter_map(crate::ir::literal_text);
    texts
        .into_iter()
        .any(|text| matches!(text.trim_matches(['^', '$']), ".*" | ".+" | "https?://.*" | "http.*" | "https?://.+"))
}
