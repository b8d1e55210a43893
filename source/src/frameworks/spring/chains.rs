//! Chains of filters: which requests they let pass, by their paths.

use super::expressions::{NO_ROLE, of_expression};
use super::is_of_tests;
use super::matchers::{Coverage, Matcher, coverage_of, read_matchers, show_matchers};
use crate::ir::{
    Argument, Expr, ExprKind, Function, Span, Statement, StatementKind, dotted_text, last_part, walk_statements,
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
    let of_chain = |chain: &FilterChain| match chain.matcher.as_slice() {
        [] => Coverage::Whole,
        matchers => coverage_of(matchers, methods, path),
    };
    let chain = chains.iter().find(|chain| of_chain(chain) > Coverage::Nothing)?;
    let covered = chain.rules.iter().map(|rule| (rule, coverage_of(&rule.matchers, methods, path)));
    let covering: Vec<(&FilterChainRule, Coverage)> = covered.filter(|(_, of)| *of > Coverage::Nothing).collect();
    let (rule, _) = covering.first()?;

    // Where a rule is for a part of the requests only, those that decide the rest must ask the same.
    let last = covering.iter().position(|(_, of)| *of == Coverage::Whole);
    let deciding = last.and_then(|last| covering.get(..=last));
    let is_sure = of_chain(chain) == Coverage::Whole
        && deciding.is_some_and(|rules| rules.iter().all(|(other, _)| other.kind == rule.kind));
    let kind = if is_sure { rule.kind.clone() } else { GuardKind::Unknown };
    Some(Guard { name: rule.name.clone(), kind, level: GuardLevel::App, place: rule.place.clone() })
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
                "securityMatcher" | "securityMatchers" => {
                    self.matcher = read_matchers(project, module, arguments, false);
                }
                "requestMatchers" | "antMatchers" | "mvcMatchers" | "pathMatchers" | "regexMatchers" => {
                    open = Some(read_matchers(project, module, arguments, name == "regexMatchers"));
                }
                "anyRequest" | "anyExchange" => {
                    open = Some(vec![Matcher::any()]);
                }
                // `RequestMatchers.not(matcher)` turns a matcher around, and not what it asks for.
                "not" if arguments.is_empty() => is_negated = true,
                _ => {
                    let Some(kind) = rule_guard_kind(project, module, name, arguments) else { continue };
                    // A call without a matcher before it configures something else, such as the login page.
                    let Some(matchers) = open.take() else { continue };
                    // `not()` turns the rule around, and what is left of it is no longer a plain demand.
                    let kind = if std::mem::take(&mut is_negated) { GuardKind::Unknown } else { kind };
                    let what = show_matchers(&matchers);
                    let place = project.place(module, Span { line: callee.span.end_line, ..call.span });
                    self.rules.push(FilterChainRule { matchers, kind, name: format!("{what}: {name}"), place });
                }
            }
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
        "denyAll" => Some(GuardKind::Role(NO_ROLE.to_owned())),
        "anonymous" => Some(GuardKind::Public),
        "access" => {
            let text = arguments.first().and_then(|first| project.constant(module, &first.value));
            Some(text.map_or(GuardKind::Unknown, |text| of_expression(&text)))
        }
        _ => None,
    }
}
