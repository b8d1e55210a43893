//! Chains of filters: which requests they let pass, by their paths.

use super::guards::of_expression;
use super::is_of_tests;
use crate::ir::{
    Argument, Expr, ExprKind, Function, Span, Statement, StatementKind, dotted_text, last_part, walk_expr,
    walk_statements,
};
use crate::lang::Language;
use crate::project::{ModuleId, Project};
use crate::routes::{CodePlace, Guard, GuardKind, GuardLevel};

/// One chain of filters.
pub(super) struct FilterChain {
    /// The paths that it is for; all where it names none.
    matcher: Vec<Matcher>,
    /// What is decided, the first that matches counts.
    rules: Vec<FilterChainRule>,
    order: i64,
}

struct FilterChainRule {
    matchers: Vec<Matcher>,
    kind: GuardKind,
    name: String,
    place: CodePlace,
}

/// A pattern of paths for some methods.
#[derive(Clone)]
struct Matcher {
    method: Option<String>,
    /// `**` for all.
    pattern: String,
}

/// Reads the chains of a project, in the order in which they are asked.
pub(super) fn read_chains(project: &Project) -> Vec<FilterChain> {
    let mut chains = Vec::new();
    for module in project.modules.iter().filter(|module| module.language == Language::Java && !is_of_tests(module)) {
        if !["HttpSecurity", "WebSecurity"].iter().any(|word| module.text.contains(word)) {
            continue;
        }
        let mut see = |statement: &Statement| {
            if let StatementKind::Function(function) = &statement.kind {
                chains.extend(read_chain(project, module.id, function));
            }
        };
        walk_statements(&module.statements, &mut see, &mut |_| {});
    }

    // Spring asks chains by their order, and one for all requests would hide any behind it.
    chains.sort_by_key(|chain| (chain.order, chain.matcher.is_empty()));
    chains
}

/// Returns the guard by which a request is decided.
pub(super) fn deciding_guard(chains: &[FilterChain], methods: &[String], path: &str) -> Option<Guard> {
    let chain = chains.iter().find(|chain| chain.matcher.is_empty() || matches_any(&chain.matcher, methods, path))?;
    let rule = chain.rules.iter().find(|rule| matches_any(&rule.matchers, methods, path))?;
    Some(Guard { name: rule.name.clone(), kind: rule.kind.clone(), level: GuardLevel::App, place: rule.place.clone() })
}

fn matches_any(matchers: &[Matcher], methods: &[String], path: &str) -> bool {
    matchers.iter().any(|matcher| {
        // A route for any method is not covered by a rule for a single one.
        let is_method = matcher.method.as_ref().is_none_or(|method| methods.iter().any(|known| known == method));
        is_method && pattern_matches(&matcher.pattern, path)
    })
}

/// One method that configures a chain.
fn read_chain(project: &Project, module: ModuleId, function: &Function) -> Option<FilterChain> {
    let returns = function.returns.as_ref().and_then(dotted_text).unwrap_or_default();
    let takes = |word: &str| {
        let declared = function.parameters.iter().filter_map(|parameter| dotted_text(parameter.declared.as_ref()?));
        declared.into_iter().any(|name| last_part(&name).ends_with(word))
    };
    let is_chain = ["SecurityFilterChain", "SecurityWebFilterChain"].contains(&last_part(&returns));
    let is_adapter = function.name == "configure" && takes("HttpSecurity");

    if !is_chain && !is_adapter {
        return None;
    }
    let mut calls: Vec<&Expr> = Vec::new();
    walk_statements(&function.body, &mut |_| {}, &mut |expr| {
        if expr.call().is_some() {
            calls.push(expr);
        }
    });
    // A chain of calls ends last: what is written first is the innermost.
    calls.sort_by_key(|call| call.call().map_or(0, |(callee, _)| callee.span.end));
    let order = function.decorators.iter().find_map(|decorator| {
        let (callee, arguments) = decorator.call()?;
        (dotted_text(callee)?.as_str() == "Order").then_some(())?;
        project.text(module, arguments.first()?.span).parse().ok()
    });
    let mut chain = FilterChain { matcher: Vec::new(), rules: Vec::new(), order: order.unwrap_or(i64::MAX) };
    chain.fill(project, module, &calls);
    // A chain without rules decides nothing, so it must not hide the next one.
    (!chain.rules.is_empty()).then_some(chain)
}

impl FilterChain {
    /// Reads the calls of a configuration in the order in which they are made.
    fn fill(&mut self, project: &Project, module: ModuleId, calls: &[&Expr]) {
        let mut open: Option<Vec<Matcher>> = None;
        let mut is_negated = false;

        for call in calls {
            let Some((callee, arguments)) = call.call() else { continue };
            let ExprKind::Member(_, name) = &*callee.kind else { continue };

            match name.as_str() {
                "securityMatcher" | "securityMatchers" => self.matcher = read_matchers(project, module, arguments),
                "requestMatchers" | "antMatchers" | "mvcMatchers" | "pathMatchers" | "regexMatchers" => {
                    open = Some(read_matchers(project, module, arguments));
                }
                "anyRequest" | "anyExchange" => {
                    open = Some(vec![Matcher { method: None, pattern: "/**".to_owned() }]);
                }
                "not" => is_negated = true,
                _ => {
                    let Some(kind) = rule_guard_kind(project, module, name, arguments) else { continue };
                    // A call without a matcher before it configures something else, such as the login page.
                    let Some(matchers) = open.take() else { continue };
                    // `not()` turns the rule around, and what is left of it is no longer a plain demand.
                    let kind = if std::mem::take(&mut is_negated) { GuardKind::Unknown } else { kind };
                    let what = matchers.iter().map(Matcher::shown).collect::<Vec<_>>().join(", ");
                    let place = project.place(module, Span { line: callee.span.end_line, ..call.span });
                    self.rules.push(FilterChainRule { matchers, kind, name: format!("{what}: {name}"), place });
                }
            }
        }
    }
}

impl Matcher {
    fn shown(&self) -> String {
        match &self.method {
            Some(method) => format!("{method} {}", self.pattern),
            None => self.pattern.clone(),
        }
    }
}

fn rule_guard_kind(project: &Project, module: ModuleId, name: &str, arguments: &[Argument]) -> Option<GuardKind> {
    let roles = || {
        let written = |argument: &Argument| {
            let text = project.constant(module, &argument.value);
            text.unwrap_or_else(|| project.text(module, argument.span).to_owned())
        };
        arguments.iter().map(written).collect::<Vec<_>>().join(", ")
    };

    match name {
        "permitAll" => Some(GuardKind::Public),
        "authenticated" | "fullyAuthenticated" | "rememberMe" => Some(GuardKind::Authentication),
        "hasRole" | "hasAnyRole" | "hasAuthority" | "hasAnyAuthority" | "hasAllRoles" | "hasAllAuthorities" => {
            Some(GuardKind::Role(roles()))
        }
        // A path that is denied to all callers is guarded by a role that no caller has.
        "denyAll" => Some(GuardKind::Role("none".to_owned())),
        "anonymous" => Some(GuardKind::Public),
        "access" => {
            let text = arguments.first().and_then(|first| project.constant(module, &first.value));
            Some(text.map_or(GuardKind::Unknown, |text| of_expression(&text)))
        }
        _ => None,
    }
}

/// `requestMatchers(HttpMethod.POST, "/a", PATHS)`, also with matchers that are made.
fn read_matchers(project: &Project, module: ModuleId, arguments: &[Argument]) -> Vec<Matcher> {
    let mut method = None;
    let mut patterns = Vec::new();

    for argument in arguments {
        let name = dotted_text(&argument.value).unwrap_or_default();
        if name.contains("HttpMethod.") {
            method = Some(last_part(&name).to_owned());
            continue;
        }
        let known = super::annotations::texts_of_value(project, module, &argument.value);

        match known {
            Some(texts) => patterns.extend(texts),
            // `new AntPathRequestMatcher("/a/**")`, `antMatcher("/a/**")`
            None => walk_expr(&argument.value, &mut |inner| {
                if let ExprKind::Text(text) = &*inner.kind {
                    patterns.push(text.clone());
                }
            }),
        }
    }

    // A rule may name a method alone, which covers all paths.
    if patterns.is_empty() && method.is_some() {
        patterns.push("/**".to_owned());
    }
    patterns.into_iter().map(|pattern| Matcher { method: method.clone(), pattern }).collect()
}

/// Whether a pattern (`/a/*/b`, `/a/**`, `/a/{id}`) covers a path with `{name}`.
fn pattern_matches(pattern: &str, path: &str) -> bool {
    // A pattern that does not begin with a slash never matches.
    if !pattern.starts_with('/') {
        return pattern == "**";
    }
    let parts = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    covers_all_parts(&parts(pattern), &parts(path))
}

fn covers_all_parts(pattern: &[String], path: &[String]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" || first.starts_with("{*") => {
            // A double star covers any number of parts, none as well.
            rest.is_empty()
                || (0..=path.len()).any(|from| path.get(from..).is_some_and(|left| covers_all_parts(rest, left)))
        }
        (Some((first, rest)), Some((part, left))) => covers_part(first, part) && covers_all_parts(rest, left),
        _ => false,
    }
}

fn covers_part(pattern: &str, part: &str) -> bool {
    if pattern == "*" || pattern.starts_with('{') || pattern == part {
        return true;
    }
    match pattern.split_once('*') {
        // A parameter of the path may have any value, so only a whole star is sure to cover it.
        Some((before, after)) => part.starts_with(before) && part.ends_with(after) && !part.starts_with('{'),
        None => false,
    }
}
