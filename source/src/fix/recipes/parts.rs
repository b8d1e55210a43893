//! Which part of the caller names an account in this project.

use std::collections::BTreeMap;

use crate::fix::draft::Case;
use crate::fix::identity::CallerExpression;
use crate::words::simplify_name;

/// Returns the part of the caller by which other code of the project knows an account: `["sub"]`, `.userId`.
pub(super) fn used_part(case: &Case<'_>, caller: &CallerExpression) -> Option<String> {
    const PARTS: [&str; 5] = ["id", "sub", "uid", "userid", "username"];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for module in &case.project.modules {
        crate::ir::walk_statements(&module.statements, &mut |_| {}, &mut |expr| {
            let Some((root, part)) = crate::fix::callers::caller_of(module, expr) else { return };
            let is_same = root == caller.text || caller.call.as_deref() == Some(root.as_str());
            if is_same && PARTS.contains(&simplify_name(part.trim_matches(['[', ']', '"', '\'', '.'])).as_str()) {
                *counts.entry(part).or_default() += 1;
            }
        });
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(part, _)| part)
}
