//! Routes: decorators on functions and classes, `add_url_rule`, `add_resource`.

use super::METHODS;
use super::views::{Answers, FlaskView, class_guards, given_methods, methods_of, view_of, wrapper_guards};
use crate::frameworks::python::{Declaration, Graph, GuardSite, PythonRouterId, PythonSurvey, ScopeId, read_guard};
use crate::ir::{Argument, Expr, ExprKind, Span, Spread, argument_at, argument_named};
use crate::project::{ClassRef, FunctionRef};
use crate::routes::{Guard, GuardLevel};

/// What a decorator or call says of a route.
struct FlaskRouteRule {
    at: ScopeId,
    span: Span,
    routers: Vec<PythonRouterId>,
    paths: Vec<String>,
    methods: Option<Vec<String>>,
}

/// Collects every declared route.
pub(super) fn collect_routes(survey: &PythonSurvey, graph: &mut Graph) {
    for (at, function) in &survey.functions {
        let handler = survey.handler(*at, function);
        for (place, decorator) in function.decorators.iter().enumerate() {
            let written = survey.returned_call(*at, decorator).unwrap_or_else(|| (*at, decorator.clone()));
            let Some(rule) = rule_of(survey, graph, (written.0, &written.1)) else { continue };
            let site = GuardSite { at: *at, level: GuardLevel::Route, span: decorator.span };

            // What stands above the route's decorator wraps what nobody calls.
            let below = function.decorators.iter().skip(place + 1);
            let guards = below.filter_map(|guard| read_guard(survey, site.on(guard.span), guard)).collect();
            declare_function(survey, graph, &rule, (handler.clone(), guards));
        }
    }

    for (at, class) in &survey.classes {
        let class = ClassRef { module: survey.module(*at), class: (*class).clone() };
        for decorator in &class.class.decorators {
            let Some(rule) = rule_of(survey, graph, (*at, decorator)) else { continue };
            declare_class(survey, graph, &rule, (&class, Vec::new()));
        }
    }

    for (at, call) in survey.calls_of_name(|name| name.is_empty() || name.starts_with("add_")) {
        let Some((callee, arguments)) = call.call() else { continue };
        match &*callee.kind {
            ExprKind::Member(object, method) if method == "add_url_rule" => {
                add_url_rule(survey, graph, (at, call), (object, &survey.arguments(at, call)));
            }
            ExprKind::Member(object, method) if method.starts_with("add_") && method.ends_with("resource") => {
                add_resource(survey, graph, (at, call), (object, arguments));
            }
            // `app.route("/x")(handler)`
            ExprKind::Call { .. } => {
                let Some(given) = argument_at(arguments, 0) else { continue };
                let Some(rule) = rule_of(survey, graph, (at, callee)) else { continue };
                declare_view(survey, graph, &rule, view_of(survey, at, given));
            }
            _ => {}
        }
    }
}

/// Reads `@app.route("/x", methods=[..])`, `@bp.get("/x")`, `@api.resource("/x")`.
fn rule_of(survey: &PythonSurvey, graph: &mut Graph, (at, decorator): (ScopeId, &Expr)) -> Option<FlaskRouteRule> {
    let (callee, _) = decorator.call()?;
    let ExprKind::Member(object, name) = &*callee.kind else { return None };
    let is_verb = METHODS.contains(&name.as_str());

    if !is_verb && !matches!(name.as_str(), "route" | "resource") {
        return None;
    }
    let routers = survey.routers(graph, at, object);

    // `client.get("/x")` and the like are calls of other libraries.
    if routers.is_empty() {
        return None;
    }
    let arguments = &survey.arguments(at, decorator);
    let methods = if is_verb { Some(vec![name.to_ascii_uppercase()]) } else { given_methods(survey, at, arguments) };
    let paths = paths_of(survey, graph, (at, decorator.span), arguments, 0);

    Some(FlaskRouteRule { at, span: decorator.span, routers, paths, methods })
}

/// The paths among the arguments from that place on, or `rule=`.
fn paths_of(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, span): (ScopeId, Span),
    arguments: &[Argument],
    from: usize,
) -> Vec<String> {
    let mut paths = Vec::new();
    let is_plain = |given: &&Argument| given.name.is_none() && given.spread != Spread::Named;
    let plain = arguments.iter().filter(is_plain).skip(from);

    for given in plain.chain(arguments.iter().filter(|given| given.name.as_deref() == Some("rule"))) {
        let texts = match given.spread {
            Spread::Many => survey.texts(at, &given.value),
            _ => survey.text(at, &given.value).map(|text| vec![text]),
        };
        match texts {
            Some(texts) => paths.extend(texts),
            None => graph.unclear.push(format!("{}: the path is made at runtime", survey.shown(at, span))),
        }
    }

    // A decorator without a path declares the root of its blueprint or namespace.
    if paths.is_empty()
        && from == 0
        && arguments.iter().all(|given| given.name.as_deref().is_some_and(|name| name != "rule"))
    {
        paths.push(String::new());
    }
    paths
}

fn add_url_rule(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, call): (ScopeId, &Expr),
    (object, arguments): (&Expr, &[Argument]),
) {
    let routers = survey.routers(graph, at, object);
    let view = argument_named(arguments, "view_func").or_else(|| argument_at(arguments, 2));
    // `add_url_rule` without a function only names an endpoint, which another call fills.
    let Some(view) = view.filter(|_| !routers.is_empty()) else { return };
    let rule = argument_named(arguments, "rule").or_else(|| argument_at(arguments, 0));
    let Some(path) = rule.and_then(|rule| survey.text(at, rule)) else {
        graph.unclear.push(format!("{}: the path is made at runtime", survey.shown(at, call.span)));
        return;
    };
    let methods = given_methods(survey, at, arguments);
    let rule = FlaskRouteRule { at, span: call.span, routers, paths: vec![path], methods };
    declare_view(survey, graph, &rule, view_of(survey, at, view));
}

fn add_resource(
    survey: &PythonSurvey,
    graph: &mut Graph,
    (at, call): (ScopeId, &Expr),
    (object, arguments): (&Expr, &[Argument]),
) {
    let routers = survey.routers(graph, at, object);
    let Some(resource) = argument_at(arguments, 0).filter(|_| !routers.is_empty()) else { return };
    let paths = paths_of(survey, graph, (at, call.span), arguments, 1);
    let rule = FlaskRouteRule { at, span: call.span, routers, paths, methods: None };

    declare_view(survey, graph, &rule, view_of(survey, at, resource));
}

fn declare_view(survey: &PythonSurvey, graph: &mut Graph, rule: &FlaskRouteRule, view: Option<FlaskView>) {
    let Some(view) = view else {
        graph.unclear.push(format!("{}: the handler is made at runtime", survey.shown(rule.at, rule.span)));
        return;
    };
    let site = GuardSite { at: rule.at, level: GuardLevel::Route, span: rule.span };
    let mut guards = wrapper_guards(survey, site, &view.wrappers);

    match view.answers {
        Answers::Function(function) => {
            guards.extend(own_guards(survey, rule.at, &function));
            declare_function(survey, graph, rule, (function, guards));
        }
        Answers::Class(class) => declare_class(survey, graph, rule, (&class, guards)),
    }
}

/// The guards among a function's own decorators.
fn own_guards(survey: &PythonSurvey, at: ScopeId, function: &FunctionRef) -> Vec<Guard> {
    let inner = survey.defining(function).unwrap_or(at);
    let site = GuardSite { at: inner, level: GuardLevel::Route, span: function.function.span };
    let decorators = function.function.decorators.iter();
    decorators.filter_map(|guard| read_guard(survey, site.on(guard.span), guard)).collect()
}

fn declare_function(
    survey: &PythonSurvey,
    graph: &mut Graph,
    rule: &FlaskRouteRule,
    (handler, guards): (FunctionRef, Vec<Guard>),
) {
    // Flask answers GET where no methods are given.
    let methods = rule.methods.clone().unwrap_or_else(|| vec!["GET".to_owned()]);
    for path in &rule.paths {
        graph.declared.push(Declaration {
            routers: rule.routers.clone(),
            path: path.clone(),
            methods: methods.clone(),
            handler: handler.clone(),
            at: (survey.module(rule.at), rule.span),
            guards: guards.clone(),
        });
    }
}

fn declare_class(
    survey: &PythonSurvey,
    graph: &mut Graph,
    rule: &FlaskRouteRule,
    (class, outer): (&ClassRef, Vec<Guard>),
) {
    let answering = methods_of(survey, rule.at, class, rule.methods.as_deref());
    if answering.is_empty() {
        graph.unclear.push(format!("{}: its class answers no method here", survey.shown(rule.at, rule.span)));
    }
    for (methods, handler) in answering {
        let site = GuardSite { at: rule.at, level: GuardLevel::Route, span: rule.span };
        let mut guards = outer.clone();
        guards.extend(class_guards(survey, site, class, &handler.function.name));
        guards.extend(own_guards(survey, rule.at, &handler));
        let rule = FlaskRouteRule {
            at: rule.at,
            span: rule.span,
            routers: rule.routers.clone(),
            paths: rule.paths.clone(),
            methods: Some(methods),
        };

        declare_function(survey, graph, &rule, (handler, guards));
    }
}
