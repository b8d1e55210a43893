//! What expressions of Spring Security ask: `hasRole('ADMIN') or isAuthenticated()`.

use crate::routes::GuardKind;

/// Brackets within brackets deeper than this are not read.
const MOST_DEPTH: usize = 16;
/// The role of what is refused to every caller.
pub(super) const NO_ROLE: &str = "none";
/// Functions that ask for a role, an authority or a scope.
const ROLE_FUNCTIONS: [&str; 8] = [
    "hasAllAuthorities",
    "hasAllRoles",
    "hasAnyAuthority",
    "hasAnyRole",
    "hasAnyScope",
    "hasAuthority",
    "hasRole",
    "hasScope",
];

/// Returns what an expression asks at least: `hasRole('ADMIN')`, `isAuthenticated()`, `@authz.owns(#id)`.
pub(super) fn of_expression(text: &str) -> GuardKind {
    judge_within(text, 0)
}

fn judge_within(text: &str, depth: usize) -> GuardKind {
    let text = text.trim();
    // `a and b ? c : d` asks what one of its ends asks.
    let chooses = |at: usize| text.get(at + 1..).is_some_and(|rest| !rest.starts_with('.'));
    let is_choice = letters_outside(text).any(|(at, letter, depth)| letter == '?' && depth == 0 && chooses(at));
    if depth > MOST_DEPTH || is_choice {
        return GuardKind::Unknown;
    }
    // `or` binds weaker than `and`, so it is what the whole is divided by first.
    for (word, sign, join) in [("or", "||", any_of as fn(Vec<GuardKind>) -> GuardKind), ("and", "&&", all_of)] {
        let parts = split_outside(text, word, sign);
        if parts.len() > 1 {
            return join(parts.into_iter().map(|part| judge_within(part, depth + 1)).collect());
        }
    }
    match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) if closes_at_end(text) => judge_within(inner, depth + 1),
        _ => judge_single(text),
    }
}

/// What an expression without `and` and `or` asks.
fn judge_single(text: &str) -> GuardKind {
    match text {
        "permitAll" | "permitAll()" | "true" => return GuardKind::Public,
        "isAuthenticated()" | "isFullyAuthenticated()" | "authenticated" | "isRememberMe()" => {
            return GuardKind::Authentication;
        }
        "denyAll" | "denyAll()" | "false" => return GuardKind::Role(NO_ROLE.to_owned()),
        _ => {}
    }
    // `!hasRole('A')` and `hasRole('A') == false` let in those without the role.
    let function = text.split('(').next().unwrap_or_default();
    let function = function.rsplit('.').next().unwrap_or_default().trim();
    let is_plain = closes_at_end(text) && !text.starts_with('!') && ROLE_FUNCTIONS.contains(&function);
    if is_plain { GuardKind::Role(names_of(text)) } else { GuardKind::Unknown }
}

/// The names in `hasAnyRole('A', 'B')`.
fn names_of(text: &str) -> String {
    // Texts stand between quotes: every second piece.
    let mut names: Vec<&str> = text.split('\'').skip(1).step_by(2).collect();
    if names.is_empty() {
        // `hasRole(@roles.ADMIN)`
        names.extend(text.split('(').nth(1).and_then(|rest| rest.split(')').next()));
    }
    names.join(", ")
}

/// What is asked at least where one suffices.
fn any_of(mut kinds: Vec<GuardKind>) -> GuardKind {
    // The weakest one decides, and what is not known may be the weakest.
    for kind in [GuardKind::Public, GuardKind::Unknown, GuardKind::Authentication] {
        if kinds.contains(&kind) {
            return kind;
        }
    }
    // What lets in no caller is no alternative.
    if kinds.iter().any(|kind| *kind != no_caller()) {
        kinds.retain(|kind| *kind != no_caller());
    }
    joined_roles(kinds)
}

/// What is asked at least where all must hold.
fn all_of(kinds: Vec<GuardKind>) -> GuardKind {
    if kinds.contains(&no_caller()) {
        return no_caller();
    }
    let roles: Vec<GuardKind> = kinds.iter().filter(|kind| matches!(kind, GuardKind::Role(_))).cloned().collect();
    if !roles.is_empty() {
        return joined_roles(roles);
    }
    // A condition that is not known keeps out more callers, never fewer.
    let strongest = [GuardKind::Authentication, GuardKind::Unknown].into_iter().find(|kind| kinds.contains(kind));
    strongest.unwrap_or(GuardKind::Public)
}

fn no_caller() -> GuardKind {
    GuardKind::Role(NO_ROLE.to_owned())
}

fn joined_roles(kinds: Vec<GuardKind>) -> GuardKind {
    let names = kinds.into_iter().filter_map(|kind| if let GuardKind::Role(name) = kind { Some(name) } else { None });
    GuardKind::Role(names.collect::<Vec<_>>().join(", "))
}

/// Each letter outside of texts, with its place and how many brackets it stands in.
fn letters_outside(text: &str) -> impl Iterator<Item = (usize, char, usize)> {
    let mut quote: Option<char> = None;
    let mut depth = 0usize;

    text.char_indices().filter_map(move |(at, letter)| {
        match (quote, letter) {
            (Some(open), _) => {
                if letter == open {
                    quote = None;
                }
                return None;
            }
            (None, '\'' | '"') => {
                quote = Some(letter);
                return None;
            }
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        Some((at, letter, depth))
    })
}

/// Splits by an operator outside of brackets and texts: a word in any case, or a sign.
fn split_outside<'t>(text: &'t str, word: &str, sign: &str) -> Vec<&'t str> {
    let is_of_name = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let mut parts = Vec::new();
    let mut from = 0;

    for (at, _, _) in letters_outside(text).filter(|(.., depth)| *depth == 0) {
        let (before, rest) = text.split_at(at);
        let is_word = rest.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word))
            && !is_of_name(before.chars().next_back())
            && !is_of_name(rest.get(word.len()..).and_then(|after| after.chars().next()));
        let length = if is_word { word.len() } else { sign.len() };

        if at >= from && (is_word || rest.starts_with(sign)) {
            parts.push(text.get(from..at).unwrap_or_default());
            from = at + length;
        }
    }

    parts.push(text.get(from..).unwrap_or_default());
    parts
}

/// Whether the first bracket of a text is closed by its last letter.
fn closes_at_end(text: &str) -> bool {
    let Some(open) = text.find('(') else { return false };
    let closed = letters_outside(text).find(|(at, _, depth)| *at > open && *depth == 0);
    closed.is_some_and(|(at, letter, _)| letter == ')' && at + 1 == text.len())
}
