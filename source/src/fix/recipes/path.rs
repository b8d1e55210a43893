//! A path that a caller names stays in its folder.

use std::collections::HashSet;

use crate::fix::denial;
use crate::fix::draft::{Case, FixDraft};
use crate::fix::holes::find_hole;
use crate::fix::identity::each_statement;
use crate::fix::imports::bring_name;
use crate::fix::loads::{find_calls, is_id, names_of};
use crate::fix::proposal::{FixRefusal, RefusalReason};
use crate::fix::style::{declared_from, indent_at};
use crate::ir::{Expr, ExprKind, Span, Statement, StatementKind, dotted_text, last_part};
use crate::lang::Language;
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
    let finder = PathFinder { case, input: &input, names: names_of(case, &input) };
    match finder.find() {
        Some(found) => keep_in_folder(case, &found),
        None => Err(FixRefusal::new(
            RefusalReason::NotLocated,
            format!("no path is made of `{input}` in the handler of {}", case.route()),
            "resolve the path, and refuse it where it does not lie below its folder",
        )),
    }
}

/// A path that is made of what a caller names.
struct MadePath<'a> {
    path: &'a Expr,
    /// The statement before which it is looked at.
    statement: &'a Statement,
    /// The folder, as it is written.
    folder: String,
}

struct PathFinder<'a> {
    case: &'a Case<'a>,
    input: &'a str,
    names: HashSet<String>,
}

impl<'a> PathFinder<'a> {
    fn is_input(&self, expr: &Expr) -> bool {
        is_id(expr, &self.names, self.input)
    }

    /// A call that joins parts is sure to make a path; other texts only where a file is opened by them.
    fn find(&self) -> Option<MadePath<'a>> {
        let joined = find_calls(self.case, &|_, arguments| arguments.iter().any(|part| self.is_input(&part.value)));
        let joined = joined.into_iter().find_map(|(call, statement)| {
            let folder = self.folder_of_join(call)?;
            Some(MadePath { path: call, statement, folder })
        });
        joined.or_else(|| {
            let opened = self.opened().into_iter();
            opened.filter_map(|(path, statement)| self.made(path, statement)).next()
        })
    }

    fn made(&self, path: &'a Expr, statement: &'a Statement) -> Option<MadePath<'a>> {
        Some(MadePath { path, statement, folder: self.folder_of(path)? })
    }

    /// `os.path.join(folder, name)`, `path.join(__dirname, "files", name)`, `folder.joinpath(name)`
    fn folder_of_join(&self, call: &Expr) -> Option<String> {
        let (callee, arguments) = call.call()?;
        let at = arguments.iter().position(|part| self.is_input(&part.value))?;
        let before = arguments.get(..at)?;
        let name = match &*callee.kind {
            ExprKind::Member(folder, name) if name == "joinpath" && before.is_empty() => {
                return Some(self.case.text(folder.span).to_owned());
            }
            ExprKind::Member(_, name) => name.clone(),
            _ => last_part(&dotted_text(callee)?).to_owned(),
        };
        // The folder must be the project's own; with the input as first part there is nothing to stay below.
        let (first, last) = (before.first()?, before.last()?);
        if !matches!(name.as_str(), "join" | "resolve" | "joinpath" | "get" | "of") {
            return None;
        }
        let parts = self.case.text(Span { end: last.span.end, ..first.span });
        // Every part before the input belongs to the folder: one alone would be a folder above it.
        match before.len() {
            1 => Some(parts.to_owned()),
            _ => Some(format!("{}({parts})", self.case.text(callee.span))),
        }
    }

    /// What files are opened by, each with the statement that makes it.
    fn opened(&self) -> Vec<(&'a Expr, &'a Statement)> {
        let mut found = Vec::new();
        for (call, statement) in find_calls(self.case, &|callee, _| opens_file(callee)) {
            for argument in call.call().map_or(&[][..], |(_, arguments)| arguments) {
                match argument.value.name() {
                    Some(name) => found.extend(self.values_of(name)),
                    None => found.push((&argument.value, statement)),
                }
            }
        }
        found
    }

    fn values_of(&self, name: &str) -> Vec<(&'a Expr, &'a Statement)> {
        let mut found = Vec::new();
        each_statement(&self.case.handler.function.body, &mut |statement| {
            if let StatementKind::Assign(targets, Some(value)) = &statement.kind
                && targets.iter().any(|target| target.name() == Some(name))
            {
                found.push((value, statement));
            }
        });
        found
    }

    /// `folder / name`, `"files/" + name`, `f"files/{name}"`
    fn folder_of(&self, path: &Expr) -> Option<String> {
        match &*path.kind {
            ExprKind::Operation(sign, parts) => {
                let [left, right] = parts.as_slice() else { return None };
                if !self.is_input(right) {
                    // What follows the input, such as an ending, does not lead out of the folder.
                    return self.folder_of(left);
                }
                let written = self.case.text(left.span);
                match sign.as_str() {
                    "/" if self.case.style_is_python() => Some(written.to_owned()),
                    "+" => written.trim_end_matches(['"', '\'', '`']).ends_with('/').then(|| written.to_owned()),
                    _ => None,
                }
            }
            ExprKind::Template(_, parts) => {
                let input = parts.iter().position(|part| self.is_input(part))?;
                let hole = find_hole(&self.case.module.text, path.span, parts.get(input)?.span)?;
                let before = self.case.module.text.get(path.span.start..hole.start)?;
                let inner = before.trim_start_matches(['f', 'F']).trim_start_matches(['"', '\'', '`']);
                let is_folder = inner.ends_with('/') && !inner.contains("://");
                let folder = match (input, self.case.style_is_python()) {
                    (0, _) => self.case.style.quoted(inner),
                    (_, true) => format!("f{}", self.case.style.quoted(inner)),
                    (_, false) => format!("`{inner}`"),
                };
                is_folder.then_some(folder)
            }
            _ => None,
        }
    }
}

/// Whether a call opens, gives or changes a file.
fn opens_file(callee: &Expr) -> bool {
    const OPENERS: &str = "FileResponse Path access createReadStream createWriteStream download exists existsSync isfile \
                           listdir open readFile readFileSync readdir readdirSync remove rmtree sendFile send_file stat \
                           statSync unlink unlinkSync writeFile writeFileSync";
    let name = match &*callee.kind {
        ExprKind::Member(_, name) => name.clone(),
        _ => dotted_text(callee).map(|name| last_part(&name).to_owned()).unwrap_or_default(),
    };
    OPENERS.split_ascii_whitespace().any(|opener| opener == name)
}

/// Refuses a path that does not lie below its folder.
fn keep_in_folder(case: &Case<'_>, found: &MadePath<'_>) -> Result<FixDraft, FixRefusal> {
    let mut draft = FixDraft::new("a path that leaves the folder is refused as if there were no such file");
    let refusal = denial::refusal_statement(case, &mut draft, 404);
    let (path, folder) = (case.text(found.path.span), &found.folder);
    // Links and `..` are resolved before the comparison, since both could lead out of the folder.
    let test = match case.module.language {
        Language::Python => {
            let maker = bring_name(case, &mut draft, "pathlib", "Path");
            format!("not {maker}({path}).resolve().is_relative_to({maker}({folder}).resolve())")
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            let (resolve, sep) = path_names(case, &mut draft)?;
            format!("!{resolve}({path}).startsWith({resolve}({folder}) + {sep})")
        }
        _ => return Err(not_in_language(case)),
    };

    let start = declared_from(&case.module.text, found.statement.span.start);
    let indent = indent_at(&case.module.text, start).to_owned();
    let lines = case.style.lines(&indent, &denial::refusal_lines(case, &test, &refusal));
    draft.insert(&case.module.path, start, format!("{}{indent}", lines.trim_start()));
    Ok(draft)
}

fn not_in_language(case: &Case<'_>) -> FixRefusal {
    FixRefusal::new(
        RefusalReason::NotSupported,
        format!("there is no recipe yet for the language of {}", case.module.path),
        "resolve the path, and refuse it where it does not lie below its folder",
    )
}

/// What `resolve` and `sep` of Node's module `path` are called in the file.
fn path_names(case: &Case<'_>, draft: &mut FixDraft) -> Result<(String, String), FixRefusal> {
    let whole = case.module.imports.iter().find(|(_, import)| {
        let is_whole = import.name.as_deref().is_none_or(|name| matches!(name, "default" | "*"));
        matches!(import.module.as_str(), "path" | "node:path") && is_whole
    });
    if let Some((alias, _)) = whole {
        return Ok((format!("{alias}.resolve"), format!("{alias}.sep")));
    }
    // A promise has a `resolve` of its own.
    if case.text(case.function().body_span).contains("resolve") {
        return Err(FixRefusal::new(
            RefusalReason::NotSupported,
            "the module `path` is not imported as a whole",
            "import it, then ask again",
        ));
    }
    Ok((bring_name(case, draft, "path", "resolve"), bring_name(case, draft, "path", "sep")))
}
