//! Connexion: the document is the application, and its operation ids name the handlers.

use serde_json::Value;

use super::METHODS;
use crate::frameworks::python::{Declaration, Graph, PythonSurvey};
use crate::frameworks::uses::uses_python;
use crate::ir::{ExprKind, argument_at, argument_named};
use crate::project::{FunctionRef, Project, Resolved};
use crate::routes::{CodePlace, Guard, GuardKind, GuardLevel, join_paths};
use crate::tree::SourceFile;

/// Fields that name the module of the handlers.
const CONTROLLERS: [&str; 2] = ["x-openapi-router-controller", "x-swagger-router-controller"];

/// Collects the operations of documents whose handlers stand in the project.
pub(super) fn collect_operations(survey: &PythonSurvey, graph: &mut Graph) {
    if !uses_python(survey.project, &["connexion"]) {
        return;
    }
    for file in survey.project.tree.files.iter().filter(|file| file.language.is_none()) {
        // Parsing every JSON and YAML file would cost much, and most are no documents.
        if !file.text.contains("operationId") {
            continue;
        }
        let Some(document) = document_of(file) else { continue };
        let base = added_base(survey, &file.path).unwrap_or_else(|| own_base(&document));
        add_document(survey.project, graph, (file, &document), &base);
    }
}

fn document_of(file: &SourceFile) -> Option<Value> {
    if file.path.ends_with(".json") {
        return serde_json::from_str(&file.text).ok();
    }
    yaml_serde::from_str(&file.text).ok()
}

/// `app.add_api("openapi.yaml", base_path="/v2")`
fn added_base(survey: &PythonSurvey, path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?;
    survey.calls_of_name(|name| name == "add_api").into_iter().find_map(|(at, call)| {
        let (callee, arguments) = call.call()?;
        let ExprKind::Member(..) = &*callee.kind else { return None };
        let given = argument_at(arguments, 0).and_then(|given| survey.text(at, given))?;
        given.ends_with(name).then_some(())?;
        argument_named(arguments, "base_path").and_then(|base| survey.text(at, base))
    })
}

/// `basePath`, or the path of the first server.
fn own_base(document: &Value) -> String {
    let server = document.pointer("/servers/0/url").and_then(Value::as_str);
    let path = server.map(|url| match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map(|(_, path)| format!("/{path}")).unwrap_or_default(),
        None => url.to_owned(),
    });
    // `basePath` belongs to version 2 of the format, and servers to version 3; a document has one of them.
    let base = document.get("basePath").and_then(Value::as_str).map(str::to_owned).or(path);
    base.unwrap_or_default().trim_end_matches('/').to_owned()
}

fn add_document(project: &Project, graph: &mut Graph, (file, document): (&SourceFile, &Value), base: &str) {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    for (path, item) in paths {
        let operations = item.as_object().into_iter().flatten();
        for (method, operation) in operations.filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let Some(id) = operation.get("operationId").and_then(Value::as_str) else { continue };
            let controller = CONTROLLERS.iter().find_map(|field| operation.get(field).or_else(|| item.get(field)));
            let name = match controller.and_then(Value::as_str) {
                Some(module) => format!("{module}.{id}"),
                None => id.to_owned(),
            };
            let Some(handler) = function_named(project, &name) else {
                graph.unclear.push(format!("{}: the handler `{name}` is not in the project", file.path));
                continue;
            };
            graph.declared.push(Declaration {
                routers: Vec::new(),
                path: join_paths(base, path),
                methods: vec![method.to_ascii_uppercase()],
                at: (handler.module, handler.function.span),
                guards: guards_of(document, operation, &file.path),
                handler,
            });
        }
    }
}

/// The function of a full name: `shop.orders.Orders.read`.
fn function_named(project: &Project, name: &str) -> Option<FunctionRef> {
    let name = name.replace(':', ".");
    // The operation id may name a method of a class, so each dot is tried as the end of the module.
    name.rmatch_indices('.').find_map(|(at, _)| {
        let module = project.python_module(name.get(..at)?)?;
        match project.resolve(module, name.get(at + 1..)?) {
            Some(Resolved::Function(function)) => Some(function),
            _ => None,
        }
    })
}

/// What the document requires of callers: one of its schemes, with their scopes.
fn guards_of(document: &Value, operation: &Value, file: &str) -> Vec<Guard> {
    // Security at an operation replaces that of the document, even if it is empty.
    let required = operation.get("security").or_else(|| document.get("security")).and_then(Value::as_array);
    let required: Vec<_> = required.into_iter().flatten().filter_map(Value::as_object).collect();

    // An empty requirement lets strangers in.
    if required.iter().any(|schemes| schemes.is_empty()) {
        return Vec::new();
    }
    // Alternatives are satisfied by any one of them, so only the first is listed.
    let schemes = required.into_iter().take(1).flatten();
    let guard = |(name, scopes): (&String, &Value)| {
        let scopes: Vec<&str> = scopes.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let kind = if scopes.is_empty() { GuardKind::Authentication } else { GuardKind::Role(scopes.join(", ")) };
        let place = CodePlace { file: file.to_owned(), line: 1 };
        Guard { name: name.clone(), kind, level: GuardLevel::Route, place }
    };

    schemes.map(guard).collect()
}
