//! Router functions: `route().GET("/orders", handler::list)`, `route(GET("/orders"), handler::list)`, nested ones too.

use super::guards::SpringGuardReader;
use super::is_of_tests;
use super::properties::Properties;
use crate::ir::{
    Argument, Expr, ExprKind, Function, Statement, StatementKind, dotted_text, last_part, walk_statements,
};
use crate::lang::Language;
use crate::project::{ClassRef, FunctionRef, ModuleId, Project, Resolved};
use crate::routes::{FrameworkName, HandlerCode, RouteEntry, RouteTable, join_paths, normalise_path};

/// Routes within routes deeper than this are not followed.
const MOST_DEPTH: usize = 8;
/// The methods of HTTP that have a predicate of their name.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Finds the routes of all methods that return router functions.
pub(super) fn find_routes(
    project: &Project,
    properties: &Properties,
    guards: &SpringGuardReader,
    table: &mut RouteTable,
) {
    let is_router = |declared: &Expr| match &*declared.kind {
        ExprKind::Index(of, _) => dotted_text(of).is_some_and(|name| last_part(&name) == "RouterFunction"),
        _ => dotted_text(declared).is_some_and(|name| last_part(&name) == "RouterFunction"),
    };
    for module in project.modules.iter().filter(|module| module.language == Language::Java && !is_of_tests(module)) {
        // The word in the text is cheap to find, and walking every file is not.
        if !module.text.contains("RouterFunction") {
            continue;
        }
        let mut found = Vec::new();
        walk_statements(
            &module.statements,
            &mut |statement| {
                if let StatementKind::Function(function) = &statement.kind
                    && function.returns.as_ref().is_some_and(is_router)
                {
                    found.push(function.clone());
                }
            },
            &mut |_| {},
        );
        for function in found {
            let mut reader =
                FunctionReader { project, properties, guards, module: module.id, function: &function, table };
            reader.statements(&function.body, "", 0);
        }
    }
}

struct FunctionReader<'a> {
    project: &'a Project,
    properties: &'a Properties,
    guards: &'a SpringGuardReader<'a>,
    module: ModuleId,
    function: &'a Function,
    table: &'a mut RouteTable,
}

impl FunctionReader<'_> {
    fn statements(&mut self, statements: &[Statement], above: &str, depth: usize) {
        for statement in statements {
            match &statement.kind {
                StatementKind::Return(Some(value)) | StatementKind::Expr(value) => self.expr(value, above, depth),
                StatementKind::Assign(_, Some(value)) => self.expr(value, above, depth),
                // Both arms are read: a property or profile may choose either.
                StatementKind::If { body, otherwise, .. } => {
                    self.statements(body, above, depth);
                    self.statements(otherwise, above, depth);
                }
                _ => {}
            }
        }
    }

    fn expr(&mut self, expr: &Expr, above: &str, depth: usize) {
        let Some((callee, arguments)) = expr.call() else { return };
        if depth > MOST_DEPTH {
            let place = self.project.place(self.module, expr.span);
            let what = "routes within routes are not followed any deeper";
            self.table.unclear.push(format!("{}:{}: {what}", place.file, place.line));
            return;
        }
        let name = match &*callee.kind {
            ExprKind::Member(object, name) => {
                // A chain: what is before the dot declares routes too.
                self.expr(object, above, depth);
                name.as_str()
            }
            ExprKind::Name(name) => name.as_str(),
            _ => return,
        };

        match name {
            "route" | "andRoute" if arguments.len() >= 2 => self.predicate(expr, arguments, above),
            "path" | "nest" | "andNest" if arguments.len() >= 2 => self.nested(arguments, above, depth),
            _ if METHODS.contains(&name) && !arguments.is_empty() => {
                // `POST(handler::create)` has the path that it is nested in.
                let path = arguments.first().map(|first| &first.value).filter(|_| arguments.len() > 1);
                self.add(expr, name, path, (above, arguments.last()));
            }
            "add" | "and" | "andOther" => {
                arguments.iter().for_each(|argument| self.expr(&argument.value, above, depth + 1));
            }
            _ => {}
        }
    }

    /// `route(GET("/orders").and(accept(JSON)), handler::list)`
    fn predicate(&mut self, call: &Expr, arguments: &[Argument], above: &str) {
        let Some(first) = arguments.first() else { return };
        let mut found = None;
        crate::ir::walk_expr(&first.value, &mut |inner| {
            let Some((callee, arguments)) = inner.call() else { return };
            let name = dotted_text(callee).map(|name| last_part(&name).to_owned());
            if let (Some(name), Some(path)) = (name, arguments.first())
                && (METHODS.contains(&name.as_str()) || name == "path")
            {
                found = Some((name, path.value.clone()));
            }
        });

        if let Some((name, path)) = found {
            // A predicate by path alone serves every method.
            let method = if name == "path" { "" } else { &name };
            self.add(call, method, Some(&path), (above, arguments.get(1)));
        }
    }

    /// `nest(path("/orders"), route(..))`, `path("/orders", builder -> builder.GET(..))`
    fn nested(&mut self, arguments: &[Argument], above: &str, depth: usize) {
        let [first, second, ..] = arguments else { return };
        let written = match first.value.call() {
            Some((_, inner)) => inner.first().map(|inner| &inner.value),
            None => Some(&first.value),
        };
        let path = written.and_then(|path| self.project.constant(self.module, path));
        let Some(path) = path.and_then(|path| self.properties.filled(&path)) else {
            let place = self.project.place(self.module, first.span);
            self.table.unclear.push(format!("{}:{}: the path is made at runtime", place.file, place.line));
            return;
        };
        let above = format!("{above}{path}");

        match &*second.value.kind {
            ExprKind::Function(function) => self.statements(&function.body, &above, depth + 1),
            _ => self.expr(&second.value, &above, depth + 1),
        }
    }

    fn add(&mut self, call: &Expr, method: &str, path: Option<&Expr>, (above, handler): (&str, Option<&Argument>)) {
        // A chain spans many lines, and its own line is where the name of the call ends.
        let end = call.call().map_or(call.span.line, |(callee, _)| callee.span.end_line);
        let span = crate::ir::Span { line: end, ..call.span };
        let declared = self.project.place(self.module, span);
        let path = path.map_or(Some(String::new()), |path| self.project.constant(self.module, path));
        let Some(path) = path.and_then(|path| self.properties.filled(&path)) else {
            self.table.unclear.push(format!("{}:{}: the path is made at runtime", declared.file, declared.line));
            return;
        };
        let methods: Vec<String> = Some(method.to_owned()).filter(|method| !method.is_empty()).into_iter().collect();
        let inner = normalise_path(&format!("{above}{path}"));
        let handler = handler.and_then(|handler| self.handler(&handler.value));
        let place = handler.as_ref().map(|(function, _)| self.project.place(function.module, function.function.span));
        self.table.routes.push(RouteEntry {
            framework: FrameworkName::Spring,
            path: join_paths(&self.properties.prefix(), &inner),
            function: handler.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            handler: place.unwrap_or_else(|| declared.clone()),
            declared,
            guards: self.guards.of_path(&methods, &inner),
            methods,
            code: handler.map(|(function, _)| HandlerCode { function, declaration: (self.module, span) }),
        });
    }

    /// `handler::list`: the class of a parameter or a field, and its method; or a lambda.
    fn handler(&self, expr: &Expr) -> Option<(FunctionRef, String)> {
        if let ExprKind::Function(function) = &*expr.kind {
            let function = FunctionRef { module: self.module, function: function.clone(), class: None };
            return Some((function, String::new()));
        }
        let ExprKind::Member(object, method) = &*expr.kind else { return None };
        let class = self.class_of(&dotted_text(object)?)?;
        let function = self.project.method(&class, method)?;

        Some((function, format!("{}.{method}", class.class.name)))
    }

    fn class_of(&self, name: &str) -> Option<ClassRef> {
        let parameter = self.function.parameters.iter().find(|parameter| parameter.name == name);
        let declared = parameter.and_then(|parameter| parameter.declared.as_ref()).and_then(dotted_text);

        // A field named after its class, as is the custom: `orderHandler`.
        let field = name.strip_prefix("this.").unwrap_or(name);
        let mut letters = field.chars();
        let titled: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let names = [declared, Some(name.to_owned()), Some(titled)];
        names.into_iter().flatten().find_map(|name| match self.project.resolve(self.module, &name) {
            Some(Resolved::Class(class)) => Some(class),
            _ => None,
        })
    }
}
