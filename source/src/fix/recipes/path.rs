//! A path that a caller names stays in its folder.

use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::imports::bring_name;
use crate::fix::loads::{find_calls, is_id, names_of};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::indent_at;
use crate::ir::{Expr, ExprKind, Statement, dotted_text, last_part};
use crate::routes::path_parameters;

/// Makes the change.
pub(super) fn confine_path(case: &Case<'_>) -> Result<FixDraft, FixRefusal> {
    let of_path = path_parameters(&case.entry.path);
    let input = case.facts.input.clone().or_else(|| of_path.last().cloned()).ok_or_else(|| {
        FixRefusal::new(RefusalReason::MissingFact, "which parameter names the file is not known", "name it (`input`)")
    })?;
    let body = case.text(case.function().body_span);
    if [
        "is_relative_to",
        "commonpath",
        "safe_join",
        "send_from_directory",
        "secure_filename",
        "startsWith(",
        "basename(",
    ]
    .iter()
    .any(|word| body.contains(word))
    {
        return Err(case.nothing_to_do(format!("{} keeps the path in its folder", case.route())));
    }
    let names = names_of(case, &input);
    let is_input = |expr: &Expr| is_id(expr, &names, &input);
    let all = find_calls(case, &|_, arguments| arguments.iter().any(|argument| is_input(&argument.value)));

    for (call, statement) in all {
        let Some((callee, arguments)) = call.call() else { continue };
        let name = match &*callee.kind {
            ExprKind::Member(_, name) => name.clone(),
            _ => dotted_text(callee).unwrap_or_default(),
        };
        // The folder must be the project's own; with the input as first part there is nothing to stay below.
        let folder = arguments.first().filter(|first| !is_input(&first.value));

        if let (Some(folder), "join" | "resolve") = (folder, last_part(&name)) {
            return keep_in_folder(case, (call, statement), case.text(folder.value.span), callee);
        }
    }

    Err(FixRefusal::new(
        RefusalReason::NotLocated,
        format!("no path is made of `{input}` in the handler of {}", case.route()),
        "resolve the path, and refuse it where it does not lie below its folder",
    ))
}

/// Refuses a joined path that does not lie below its folder.
fn keep_in_folder(
    case: &Case<'_>,
    (call, statement): (&Expr, &Statement),
    folder: &str,
    callee: &Expr,
) -> Result<FixDraft, FixRefusal> {
    let mut draft = FixDraft::new("a path that leaves the folder is refused as if there were no such file");
    let refusal = denial::refusal_statement(case, &mut draft, 404);
    let joined = case.text(call.span);
    // Links and `..` are resolved before the comparison, since both could lead out of the folder.
    let test = if case.style_is_python() {
        let path = bring_name(case, &mut draft, "pathlib", "Path");
        format!("not {path}({joined}).resolve().is_relative_to({path}({folder}).resolve())")
    } else {
        let name = dotted_text(callee).unwrap_or_default();
        let path = name.split('.').next().unwrap_or("path");

        if !name.contains('.') || !case.module.imports.contains_key(path) {
            return Err(FixRefusal::new(
                RefusalReason::NotSupported,
                "the module `path` is not imported as a whole",
                "import it, then ask again",
            ));
        }

        format!("!{path}.resolve({joined}).startsWith({path}.resolve({folder}) + {path}.sep)")
    };

    let indent = indent_at(&case.module.text, statement.span.start).to_owned();
    let lines = case.style.lines(&indent, &denial::refusal_lines(case, &test, &refusal));
    draft.insert(&case.module.path, statement.span.start, format!("{}{indent}", lines.trim_start()));
    Ok(draft)
}
