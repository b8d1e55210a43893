//! What stands for values that are known only while a test runs: ids of what it makes, names and passwords of its accounts.

/// One piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceholderPiece<'a> {
    /// As it is.
    Text(&'a str),
    /// `{made:0}`: the id of an object that the test makes.
    Made(usize),
    /// `{number:0}`: the same as a number.
    Number(usize),
    /// `{account:owner}`: the id of an account that signed up.
    Account(&'a str),
    /// `{name:owner}`: the name that an account is known by.
    Name(&'a str),
    /// `{password}`: the password of every account of the test.
    Password,
    /// `{word}`: a word that nothing was called before.
    Word,
}

/// How a language writes them.
pub(super) struct PieceWords {
    /// Makes a text: `str`, `String`.
    pub text: &'static str,
    /// Makes a number: `int`, `Number`.
    pub number: &'static str,
}

/// In Python.
pub(super) const PYTHON: PieceWords = PieceWords { text: "str", number: "int" };
/// In JavaScript.
pub(super) const SCRIPT: PieceWords = PieceWords { text: "String", number: "Number" };

/// Returns the pieces of a text.
pub(super) fn split_pieces(text: &str) -> Vec<PlaceholderPiece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;

    while let Some((before, piece, after)) = first_placeholder(rest) {
        found.extend((!before.is_empty()).then_some(PlaceholderPiece::Text(before)));
        found.push(piece);
        rest = after;
    }
    if !rest.is_empty() || found.is_empty() {
        found.push(PlaceholderPiece::Text(rest));
    }
    found
}

/// The first piece that stands for something: what is before and after it.
fn first_placeholder(text: &str) -> Option<(&str, PlaceholderPiece<'_>, &str)> {
    text.match_indices('{').find_map(|(start, _)| {
        let (inner, after) = text.get(start + 1..)?.split_once('}')?;
        Some((text.get(..start)?, parse_placeholder(inner)?, after))
    })
}

fn parse_placeholder(inner: &str) -> Option<PlaceholderPiece<'_>> {
    let who = |name: &str| matches!(name, "owner" | "stranger");
    match inner.split_once(':') {
        None if inner == "password" => Some(PlaceholderPiece::Password),
        None if inner == "word" => Some(PlaceholderPiece::Word),
        Some(("made", place)) => place.parse().ok().map(PlaceholderPiece::Made),
        Some(("number", place)) => place.parse().ok().map(PlaceholderPiece::Number),
        Some(("account", name)) if who(name) => Some(PlaceholderPiece::Account(name)),
        Some(("name", name)) if who(name) => Some(PlaceholderPiece::Name(name)),
        _ => None,
    }
}

/// Returns whether a text has anything that stands for something else.
pub(super) fn has_placeholder(text: &str) -> bool {
    first_placeholder(text).is_some()
}

/// Returns the expression of a text in Python or JavaScript. `quote` writes what is as it is.
pub(super) fn write_expression(text: &str, words: &PieceWords, quote: fn(&str) -> String) -> String {
    let found = split_pieces(text);
    // A value alone keeps its type; joined with text it must become one.
    let is_whole = found.len() == 1;
    let write = |piece: &PlaceholderPiece<'_>| match piece {
        PlaceholderPiece::Text(text) => quote(text),
        PlaceholderPiece::Made(place) => format!("made[{place}]"),
        PlaceholderPiece::Number(place) if is_whole => format!("{}(made[{place}])", words.number),
        PlaceholderPiece::Number(place) => format!("made[{place}]"),
        PlaceholderPiece::Account(who) if is_whole => format!("ids[\"{who}\"]"),
        PlaceholderPiece::Account(who) => format!("{}(ids[\"{who}\"])", words.text),
        PlaceholderPiece::Name(who) => format!("WORD + \"{}\"", if *who == "owner" { "a" } else { "b" }),
        PlaceholderPiece::Password => "PASSWORD".to_owned(),
        PlaceholderPiece::Word => "fresh()".to_owned(),
    };

    found.iter().map(write).collect::<Vec<_>>().join(" + ")
}
