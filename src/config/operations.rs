//! Operation patterns: `POST /payments/*`, `GET /users/{id}`, or a path for all methods.

use thiserror::Error;

const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "*"];
/// Longer patterns and paths match nothing.
const MAX_CHARS: usize = 2048;

/// Why a text is no pattern of operations, or names no single one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternRefused {
    /// A path alone, or any method.
    #[error("it needs a method and a path, as in `POST /login`")]
    NoMethodWithPath,
    /// A pattern where one operation is named.
    #[error("it names one operation, so `*` does not belong in it")]
    SeveralOperations,
    /// The word before the path.
    #[error("`{0}` is no HTTP method")]
    NoMethod(String),
    /// Spaces in the path.
    #[error("a path has no spaces")]
    Spaces,
    /// The method that stands alone.
    #[error("it needs a path as well, as in `{0} /*`")]
    MethodAlone(String),
    /// The path is relative.
    #[error("the path must begin with `/`")]
    NoSlash,
}

/// Whether an operation is meant by a pattern. `*` stands for any characters, slashes too; `{anything}` for one path
/// segment or a part of it, whatever its name. A pattern without a method means every method. Methods are compared
/// without regard to case, paths with; a final slash does not count.
pub fn operation_matches(pattern: &str, method: &str, path: &str) -> bool {
    let Ok((wanted, pattern)) = split_pattern(pattern) else { return false };
    if !wanted.is_none_or(|wanted| wanted == "*" || wanted.eq_ignore_ascii_case(method)) {
        return false;
    }
    // Time is pattern times path, and a hostile document may have endless paths: their beginning decides, so that
    // `exclude` keeps them out as well.
    let end = path.floor_char_boundary(MAX_CHARS);
    let (pattern, path) = (without_slash(pattern), without_slash(path.get(..end).unwrap_or(path)));

    if pattern.len() > MAX_CHARS {
        return false;
    }
    matches_tokens(&tokenize_pattern(pattern), path)
}

/// Returns what is wrong with a pattern of operations.
///
/// # Errors
/// When it names no path, or a method that there is not.
pub fn check_pattern(pattern: &str) -> Result<(), PatternRefused> {
    split_pattern(pattern).map(|_| ())
}

/// Says what is wrong with `METHOD /path`, without wildcards.
pub(super) fn check_operation(operation: &str) -> Result<(), PatternRefused> {
    match split_pattern(operation)? {
        (None | Some("*"), _) => Err(PatternRefused::NoMethodWithPath),
        (Some(_), path) if path.contains('*') => Err(PatternRefused::SeveralOperations),
        _ => Ok(()),
    }
}

fn split_pattern(pattern: &str) -> Result<(Option<&str>, &str), PatternRefused> {
    let pattern = pattern.trim();
    let (method, path) = match pattern.split_once(char::is_whitespace) {
        Some((method, path)) => (Some(method), path.trim()),
        None => (None, pattern),
    };
    if let Some(method) = method
        && !METHODS.iter().any(|known| known.eq_ignore_ascii_case(method))
    {
        return Err(PatternRefused::NoMethod(method.to_owned()));
    }
    match path {
        _ if path.contains(char::is_whitespace) => Err(PatternRefused::Spaces),
        // `*` and `*/admin` are patterns of paths as well.
        _ if path.starts_with('/') || path.starts_with('*') => Ok((method, path)),
        _ if method.is_none() && METHODS.iter().any(|known| known.eq_ignore_ascii_case(path)) => {
            Err(PatternRefused::MethodAlone(path.to_owned()))
        }
        _ => Err(PatternRefused::NoSlash),
    }
}

fn without_slash(path: &str) -> &str {
    if path.len() > 1 { path.trim_end_matches('/') } else { path }
}

#[derive(PartialEq)]
enum Token {
    Character(char),
    /// Any characters, or none.
    Any,
    /// One or more characters of one segment.
    Segment,
}

fn tokenize_pattern(pattern: &str) -> Vec<Token> {
    let mut all = Vec::new();
    let mut rest = pattern;

    while let Some(first) = rest.chars().next() {
        let brace = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        rest = match (first, brace) {
            // Braces that span segments are no parameter; they stand for themselves.
            (_, Some((name, after))) if !name.contains('/') => {
                all.push(Token::Segment);
                after
            }
            ('*', _) => {
                all.push(Token::Any);
                rest.trim_start_matches('*')
            }
            _ => {
                all.push(Token::Character(first));
                rest.get(first.len_utf8()..).unwrap_or_default()
            }
        };
    }

    all
}

/// Follows all readings of the pattern at once, so time is pattern times path, whatever they are.
fn matches_tokens(tokens: &[Token], path: &str) -> bool {
    let mut reached = vec![false; tokens.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    skip_any(tokens, &mut reached);

    for character in path.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            if reached.get(at) != Some(&true) {
                continue;
            }
            let (stay, go) = match token {
                Token::Character(wanted) => (false, *wanted == character),
                Token::Any => (true, false),
                Token::Segment => (character != '/', character != '/'),
            };
            for (target, set) in [(at, stay), (at + 1, go)] {
                if let Some(slot) = next.get_mut(target) {
                    *slot |= set;
                }
            }
        }

        skip_any(tokens, &mut next);
        reached = next;
    }

    reached.last() == Some(&true)
}

/// `*` may stand for nothing.
fn skip_any(tokens: &[Token], reached: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if *token == Token::Any
            && reached.get(at) == Some(&true)
            && let Some(slot) = reached.get_mut(at + 1)
        {
            *slot = true;
        }
    }
}
