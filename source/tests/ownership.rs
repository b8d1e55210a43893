//! Reads labelled handlers of five frameworks and holds the figures: no unchecked handler is called checked, nearly all are
//! decided, and hardly a sound one is called unchecked.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use routewarden_source::frameworks::find_routes;
use routewarden_source::ir::{ExprKind, StatementKind};
use routewarden_source::project::{ClassRef, FunctionRef, Project};
use routewarden_source::reading::{OwnershipReader, OwnershipWord};
use routewarden_source::routes::{CodePlace, FrameworkName, Guard, GuardKind, GuardLevel, HandlerCode, RouteEntry};
use routewarden_source::tree::SourceTree;

/// A label, and what was read.
struct Row {
    framework: String,
    place: String,
    label: OwnershipWord,
    read: OwnershipWord,
    because: String,
}

/// A label above a handler: its line, the method it is for, the word.
type Label = (usize, Option<String>, OwnershipWord);

fn word(text: &str) -> OwnershipWord {
    match text.trim() {
        "checked" => OwnershipWord::Checked,
        "not_checked" => OwnershipWord::NotChecked,
        "not_applicable" => OwnershipWord::NotApplicable,
        "unknown" => OwnershipWord::Unknown,
        other => panic!("no such label: {other}"),
    }
}

fn labels(text: &str) -> Vec<Label> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let Some(line) = line.strip_prefix('#').or(line.strip_prefix("//")) else { continue };
        let Some(rest) = line.trim().strip_prefix("label") else { continue };
        let Some((method, label)) = rest.split_once(':') else { continue };
        let method = Some(method.trim().to_owned()).filter(|method| !method.is_empty());
        found.push((at + 1, method, word(label)));
    }
    found
}

fn read_folder(folder: &str) -> Vec<Row> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers").join(folder);
    let mut names: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names.iter().flat_map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let project = Project::parse(SourceTree::of_texts(&BTreeMap::from([(name.clone(), text.clone())])));
    let mut routes = find_routes(&project).routes;
    if name.starts_with("nest") && routes.is_empty() {
        routes = nest_routes(&project);
    }
    let reader = OwnershipReader::new(&project);
    let mut rows = Vec::new();
    for (line, method, label) in labels(&text) {
        let after = routes.iter().filter(|entry| entry.handler.line > line);
        let nearest = after.min_by_key(|entry| {
            let fits = method.as_ref().is_none_or(|method| entry.methods.contains(method));
            (entry.handler.line, !fits)
        });
        let entry = nearest.unwrap_or_else(|| panic!("{name}:{line}: no route"));
        assert!(entry.handler.line < line + 14, "{name}:{line}: the next route is at line {}", entry.handler.line);
        let reading = reader.read(entry);
        rows.push(Row {
            framework: format!("{:?}", entry.framework),
            place: format!("{name}:{line} {}", entry.function),
            label,
            read: reading.word,
            because: reading.because,
        });
    }
    rows
}

/// Routes of controllers, where nothing else finds them.
fn nest_routes(project: &Project) -> Vec<RouteEntry> {
    let mut routes = Vec::new();
    for module in &project.modules {
        for statement in &module.statements {
            let StatementKind::Class(class) = &statement.kind else { continue };
            for method in class.methods() {
                let Some((verb, path)) = method.decorators.iter().find_map(|decorator| {
                    let (callee, arguments) = decorator.call()?;
                    let verb = callee.name().filter(|verb| ["Get", "Post", "Put", "Patch", "Delete"].contains(verb))?;
                    let path = arguments.first().and_then(|first| match &*first.value.kind {
                        ExprKind::Text(text) => Some(text.clone()),
                        _ => None,
                    });
                    Some((verb.to_uppercase(), path.unwrap_or_default()))
                }) else {
                    continue;
                };
                let path: Vec<String> = path
                    .split('/')
                    .map(|part| match part.strip_prefix(':') {
                        Some(name) => format!("{{{name}}}"),
                        None => part.to_owned(),
                    })
                    .collect();
                let place = project.place(module.id, method.span);
                let guard = Guard {
                    name: "AuthGuard".to_owned(),
                    kind: GuardKind::Authentication,
                    level: GuardLevel::Router,
                    place: CodePlace { file: module.path.clone(), line: class.span.line },
                };
                let function = FunctionRef {
                    module: module.id,
                    function: method.clone(),
                    class: Some(ClassRef { module: module.id, class: class.clone() }),
                };
                routes.push(RouteEntry {
                    framework: FrameworkName::NestJs,
                    methods: vec![verb],
                    path: format!("/{}", path.join("/")),
                    function: format!("{}.{}", class.name, method.name),
                    handler: place.clone(),
                    declared: place,
                    guards: vec![guard],
                    code: Some(HandlerCode { function, declaration: (module.id, method.span) }),
                });
            }
        }
    }
    routes
}

struct Figures {
    handlers: usize,
    decided: usize,
    wrong_checked: usize,
    sound: usize,
    sound_not_checked: usize,
    right: usize,
}

fn figures<'a>(rows: impl Iterator<Item = &'a Row>) -> Figures {
    let mut figures = Figures { handlers: 0, decided: 0, wrong_checked: 0, sound: 0, sound_not_checked: 0, right: 0 };
    for row in rows {
        figures.handlers += 1;
        figures.decided += usize::from(row.read != OwnershipWord::Unknown);
        figures.right += usize::from(row.read == row.label);
        figures.wrong_checked +=
            usize::from(row.label == OwnershipWord::NotChecked && row.read == OwnershipWord::Checked);
        let is_sound = matches!(row.label, OwnershipWord::Checked | OwnershipWord::NotApplicable);
        figures.sound += usize::from(is_sound);
        figures.sound_not_checked += usize::from(is_sound && row.read == OwnershipWord::NotChecked);
    }
    figures
}

fn table(rows: &[Row]) -> String {
    let mut made = String::from("framework  handlers  right  decided  wrong checked  sound called unchecked\n");
    let mut names: Vec<&str> = rows.iter().map(|row| row.framework.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names.into_iter().chain(["all"]) {
        let of = figures(rows.iter().filter(|row| name == "all" || row.framework == name));
        writeln!(
            made,
            "{name:<10} {:>8} {:>6} {:>8} {:>14} {:>11} of {}",
            of.handlers, of.right, of.decided, of.wrong_checked, of.sound_not_checked, of.sound
        )
        .unwrap();
    }
    for row in rows.iter().filter(|row| row.read != row.label) {
        writeln!(made, "  {}: {:?} read as {:?}: {}", row.place, row.label, row.read, row.because).unwrap();
    }
    made
}

fn hold(folder: &str) {
    let rows = read_folder(folder);
    let of = figures(rows.iter());
    let table = table(&rows);
    println!("{folder}\n{table}");
    assert_eq!(of.wrong_checked, 0, "{table}");
    assert!(of.decided * 100 >= of.handlers * 85, "{table}");
    assert!(of.sound_not_checked * 100 <= of.sound * 5, "{table}");
}

#[test]
fn labelled_handlers_that_the_reading_was_made_on_are_read_right() {
    hold("tune");
}

#[test]
fn labelled_handlers_that_were_held_out_are_read_right() {
    hold("held");
}

#[test]
fn labelled_handlers_that_were_written_last_are_read_right() {
    hold("fresh");
}

#[test]
fn labelled_handlers_with_columns_that_no_list_names_are_read_right() {
    hold("later");
}

/// A project of one file, and the reading of the handler of that name.
fn read_one(text: &str, function: &str) -> routewarden_source::reading::HandlerReading {
    let project = Project::parse(SourceTree::of_texts(&BTreeMap::from([("app.py".to_owned(), text.to_owned())])));
    let table = find_routes(&project);
    let entry = table.routes.iter().find(|entry| entry.function == function).unwrap();
    OwnershipReader::new(&project).read(entry)
}

#[test]
fn what_a_patch_needs_is_named_to_the_byte() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers/tune/flask_orm.py"))
        .unwrap();
    let reading = read_one(&text, "body_id");
    assert_eq!(reading.word, OwnershipWord::NotChecked);
    let access = reading.accesses.iter().find(|access| access.model.as_deref() == Some("Invoice")).unwrap();
    assert_eq!(access.span.text(&text), "Invoice.query.get(data[\"invoice_id\"])");
    assert_eq!(access.statement.text(&text), "invoice = Invoice.query.get(data[\"invoice_id\"])");
    assert_eq!(access.object.as_deref(), Some("invoice"));
    assert_eq!(access.owner.as_deref(), Some("user_id"));
    assert_eq!(access.denial.map(|span| span.text(&text)), Some("not invoice"));
    assert_eq!(access.ids.iter().map(|id| id.name.as_str()).collect::<Vec<_>>(), ["invoice_id"]);
    assert_eq!(access.what, routewarden_source::reading::CodeAccessVerb::Mutate);
    let scoped = read_one(&text, "compared");
    let access = scoped.accesses.first().unwrap();
    assert_eq!(access.subject.as_deref(), Some("uid"));
    assert_eq!(scoped.identity.unwrap().expression, "get_jwt_identity()");
}

#[test]
fn a_check_that_does_not_hold_is_pointed_out() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers/tune/flask_orm.py"))
        .unwrap();
    for (function, check) in
        [("inverted", "invoice.user_id == current_user.id"), ("logged_only", "invoice.user_id != current_user.id")]
    {
        let reading = read_one(&text, function);
        let found: Vec<&str> = reading.suspicions.iter().map(|evidence| evidence.text.as_str()).collect();
        assert_eq!(found, [check], "{function}");
    }
}

#[test]
fn code_without_end_ends_the_reading_and_not_the_program() {
    let mut text = String::from("from flask import Flask\napp = Flask(__name__)\n\n");
    for at in 0..60 {
        text.push_str(&format!("def f{at}(x):\n    return f{}(x) or f{}(x)\n\n", (at + 1) % 60, (at + 7) % 60));
    }
    text.push_str("@app.get('/x/<int:x>')\ndef start(x):\n    return f0(x)\n");
    let reading = read_one(&text, "start");
    assert_eq!(reading.word, OwnershipWord::Unknown);
    assert!(!reading.because.is_empty());
}

#[test]
fn labelled_handlers_of_spring_are_read_right() {
    hold("spring");
}
