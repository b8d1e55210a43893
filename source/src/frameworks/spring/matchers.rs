//! Which requests a rule of a chain is for: patterns of paths, regular expressions, methods.

use regex::Regex;

use super::annotations::texts_of_value;
use crate::ir::{Argument, Expr, ExprKind, dotted_text, last_part, walk_expr};
use crate::project::{ModuleId, Project};

/// What a parameter of a path may be, for regular expressions to be tried on.
const SAMPLES: [&str; 4] = ["1", "abc", "ABC-123", "0f8fad5b-d9cb-469f-a165-70867728950e"];

/// Which requests a rule is for.
#[derive(Clone)]
pub(super) enum Matcher {
    /// Those of a pattern.
    Path(PathMatcher),
    /// Those that none of these is for.
    Not(Vec<Matcher>),
    /// Those that all of these lists are for.
    All(Vec<Vec<Matcher>>),
}

/// A pattern of paths for some methods.
#[derive(Clone)]
pub(super) struct PathMatcher {
    method: Option<String>,
    /// As written; `/**` for all.
    pattern: String,
    /// Absent for a pattern with stars.
    regex: Option<PathRegex>,
}

/// A regular expression for paths.
#[derive(Clone)]
enum PathRegex {
    Read(Regex),
    /// It has what only Java knows, so it may match or not where a path begins as it does.
    Unread(String),
}

/// How much of a route a matcher is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coverage {
    Nothing,
    /// It depends on the request.
    Part,
    Whole,
}

impl Matcher {
    /// Makes a matcher for all requests.
    pub(super) fn any() -> Matcher {
        Matcher::Path(PathMatcher { method: None, pattern: "/**".to_owned(), regex: None })
    }

    fn new(method: Option<String>, pattern: String, is_regex: bool) -> Matcher {
        // Java asks whether the whole path matches.
        let read = || {
            Regex::new(&format!("^(?:{pattern})$"))
                .map_or_else(|_| PathRegex::Unread(literal_start(&pattern)), PathRegex::Read)
        };
        let regex = is_regex.then(read);
        Matcher::Path(PathMatcher { method, pattern, regex })
    }

    /// Returns how it is written.
    pub(super) fn shown(&self) -> String {
        match self {
            Matcher::Path(PathMatcher { method: Some(method), pattern, .. }) => format!("{method} {pattern}"),
            Matcher::Path(PathMatcher { pattern, .. }) => pattern.clone(),
            Matcher::Not(inner) => format!("not {}", show_matchers(inner)),
            Matcher::All(lists) => lists.iter().map(|list| show_matchers(list)).collect::<Vec<_>>().join(" and "),
        }
    }

    fn covers(&self, methods: &[String], path: &str) -> Coverage {
        match self {
            Matcher::Path(matcher) => matcher.covers(methods, path),
            Matcher::Not(inner) => match coverage_of(inner, methods, path) {
                Coverage::Nothing => Coverage::Whole,
                Coverage::Part => Coverage::Part,
                // What is only for one of the methods of a route leaves the others.
                Coverage::Whole if methods.len() > 1 && inner.iter().all(Matcher::has_method) => Coverage::Part,
                Coverage::Whole => Coverage::Nothing,
            },
            // The least of them: two parts may have nothing in common, which only the request says.
            Matcher::All(lists) => {
                lists.iter().map(|list| coverage_of(list, methods, path)).min().unwrap_or(Coverage::Nothing)
            }
        }
    }

    fn has_method(&self) -> bool {
        matches!(self, Matcher::Path(PathMatcher { method: Some(_), .. }))
    }
}

/// Returns how matchers are written, one behind the other.
pub(super) fn show_matchers(matchers: &[Matcher]) -> String {
    matchers.iter().map(Matcher::shown).collect::<Vec<_>>().join(", ")
}

impl PathMatcher {
    fn covers(&self, methods: &[String], path: &str) -> Coverage {
        // A route for any method is not covered by a rule for a single one.
        if !self.method.as_ref().is_none_or(|method| methods.iter().any(|known| known == method)) {
            return Coverage::Nothing;
        }
        match &self.regex {
            Some(PathRegex::Read(regex)) => regex_covers(regex, path),
            Some(PathRegex::Unread(start)) if may_begin_with(path, start) => Coverage::Part,
            None if pattern_matches(&self.pattern, path) => Coverage::Whole,
            Some(PathRegex::Unread(_)) | None => Coverage::Nothing,
        }
    }
}

/// Returns how much of a route some matchers are for together.
pub(super) fn coverage_of(matchers: &[Matcher], methods: &[String], path: &str) -> Coverage {
    matchers.iter().map(|matcher| matcher.covers(methods, path)).max().unwrap_or(Coverage::Nothing)
}

/// `requestMatchers(HttpMethod.POST, "/a", PATHS)`, also with matchers that are made.
pub(super) fn read_matchers(
    project: &Project,
    module: ModuleId,
    arguments: &[Argument],
    is_regex: bool,
) -> Vec<Matcher> {
    let mut method = None;
    let mut patterns = Vec::new();
    let mut made = Vec::new();

    for argument in arguments {
        let name = dotted_text(&argument.value).unwrap_or_default();
        if name.contains("HttpMethod.") {
            method = Some(last_part(&name).to_owned());
            continue;
        }
        match texts_of_value(project, module, &argument.value) {
            Some(texts) => patterns.extend(texts),
            None => made.extend(made_matchers(project, module, &argument.value)),
        }
    }

    // A rule may name a method alone, which covers all paths.
    if patterns.is_empty() && made.is_empty() && method.is_some() {
        return vec![Matcher::new(method, "/**".to_owned(), false)];
    }
    made.extend(patterns.into_iter().map(|pattern| Matcher::new(method.clone(), pattern, is_regex)));
    made
}

/// A matcher that is made: a pattern, or what other matchers are put together to.
fn made_matchers(project: &Project, module: ModuleId, made: &Expr) -> Vec<Matcher> {
    let Some((callee, arguments)) = made.call() else { return made_patterns(project, module, made) };
    let name = match &*callee.kind {
        ExprKind::Member(_, name) => name.clone(),
        _ => dotted_text(callee).unwrap_or_default(),
    };
    let inner = arguments.iter().map(|argument| made_matchers(project, module, &argument.value));

    let last = last_part(&name);
    let kind = last.strip_suffix("RequestMatcher").or_else(|| last.strip_suffix("ServerWebExchangeMatcher"));

    match kind.unwrap_or(last) {
        "Negated" | "not" => {
            let inner: Vec<Matcher> = inner.flatten().collect();
            // Of a matcher that cannot be read, its opposite is not known either.
            if inner.is_empty() { Vec::new() } else { vec![Matcher::Not(inner)] }
        }
        "And" | "allOf" => {
            let lists: Vec<Vec<Matcher>> = inner.collect();
            if lists.iter().any(Vec::is_empty) { Vec::new() } else { vec![Matcher::All(lists)] }
        }
        "Or" | "anyOf" => inner.flatten().collect(),
        // `List.of(..)` and `Arrays.asList(..)` hold the matchers of another one.
        "of" | "asList" => inner.flatten().collect(),
        _ => made_patterns(project, module, made),
    }
}

/// `new AntPathRequestMatcher("/a/**", "POST")`, `antMatcher("/a/**")`, `regexMatcher(HttpMethod.GET, "/a/.*")`
fn made_patterns(project: &Project, module: ModuleId, made: &Expr) -> Vec<Matcher> {
    let mut found = Vec::new();
    walk_expr(made, &mut |inner| {
        let Some((callee, arguments)) = inner.call() else { return };
        let is_regex = project.text(module, callee.span).to_ascii_lowercase().contains("regex");
        let mut method = None;
        let mut patterns = Vec::new();

        for argument in arguments {
            // A text in capitals is a method of HTTP; patterns begin with a slash.
            let text = if let ExprKind::Text(text) = &*argument.value.kind { Some(text.as_str()) } else { None };
            let name = dotted_text(&argument.value).filter(|name| name.contains("HttpMethod."));
            match (text, name) {
                (Some(text), _) if text.chars().all(|letter| letter.is_ascii_uppercase()) => {
                    method = Some(text.to_owned())
                }
                (Some(text), _) => patterns.push(text.to_owned()),
                (None, Some(name)) => method = Some(last_part(&name).to_owned()),
                (None, None) => patterns.extend(project.constant(module, &argument.value)),
            }
        }

        found.extend(patterns.into_iter().map(|pattern| Matcher::new(method.clone(), pattern, is_regex)));
    });
    found
}

/// Whether a regular expression covers a path with `{name}`.
fn regex_covers(regex: &Regex, path: &str) -> Coverage {
    let matching = SAMPLES.iter().filter(|sample| regex.is_match(&filled_path(path, sample))).count();
    match matching {
        0 => Coverage::Nothing,
        all if all == SAMPLES.len() => Coverage::Whole,
        // Other values of the parameter are for another rule.
        _ => Coverage::Part,
    }
}

/// The text that a regular expression begins with for certain.
fn literal_start(pattern: &str) -> String {
    // With an alternative there is no such text, and what may be absent is not certain.
    let end =
        if pattern.contains('|') { Some(0) } else { pattern.find(['\\', '.', '[', '(', '*', '+', '?', '{', '^', '$']) };
    let mut start = pattern.get(..end.unwrap_or(pattern.len())).unwrap_or_default().to_owned();
    if end.and_then(|end| pattern.get(end..)).is_some_and(|rest| rest.starts_with(['*', '?', '{'])) {
        start.pop();
    }
    start
}

/// Whether a path with `{name}` may begin with a text.
fn may_begin_with(path: &str, start: &str) -> bool {
    match path.split_once('{') {
        Some((before, _)) => before.starts_with(start) || start.starts_with(before),
        None => path.starts_with(start),
    }
}

/// A path with a value for each of its parameters.
fn filled_path(path: &str, value: &str) -> String {
    let mut pieces = path.split('{');
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        made.push_str(value);
        made.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
    }
    made
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
