//! What a person can do so that more can be concluded: typed, and worded for each face in this one place.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::scope::Mode;

/// What would open more of an API to a verdict.
///
/// It travels as text, in the words of the command line; [`Step::of`] reads them back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Step {
    /// A scan that may do more.
    Scan(Again),
    /// Signed-in callers, or else a scan that makes some.
    Callers(MissingCallers, Option<Again>),
    /// A sign-in of an identity, or else a scan that makes accounts.
    SignIn(Option<Again>),
    /// A caller of a higher role.
    HigherRole,
    /// An object of a caller, named by this parameter; empty where it is not known.
    Owns(String),
    /// An object of the operation's kind.
    Object,
    /// The answer to a question; empty where several are meant.
    Answer(String),
    /// The user's word that this operation only reads.
    Include(String),
    /// Anything else, in its own words.
    Other(String),
}

/// What the next scan is allowed beyond this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Again {
    /// The mode, where it takes another.
    pub mode: Option<Mode>,
    /// With throw-away accounts.
    pub accounts: bool,
}

/// Which callers are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MissingCallers {
    /// Any one.
    One,
    /// Another one of the role that one has.
    Second,
    /// Two of one role.
    Two,
}

/// Whom a step is worded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// People at a terminal, and whatever reads reports.
    CommandLine,
    /// A model that calls the tools.
    Tools,
}

const SCAN: &str = "scan with";
const ONE: &str = "add an identity to routewarden.toml";
const SECOND: &str = "add a second identity of the same role to routewarden.toml";
const TWO: &str = "add two identities of the same role to routewarden.toml";
const SIGN_IN: &str = "give an identity a `login` in routewarden.toml";
const HIGHER: &str = "add an identity of a higher role (rank above the others') to routewarden.toml";
const OBJECT: &str = "let a caller make an object of this kind";
const INCLUDE: &str = "if it only reads, say so: include = [\"";
const INCLUDED: &str = "\"] in [scan]";
const ANSWER: &str = "answer under [intent] in routewarden.toml: ";
const ANSWERS: &str = "answer the questions of this report under [intent] in routewarden.toml";

impl Again {
    /// Returns the next scan with throw-away accounts, in the mode that makes them.
    pub fn with_accounts(mode: Option<Mode>) -> Self {
        Self { mode, accounts: true }
    }

    /// Returns the next scan in another mode.
    pub fn in_mode(mode: Mode) -> Self {
        Self { mode: Some(mode), accounts: false }
    }

    /// Reads what a text says of modes and accounts; `None` where it says nothing.
    fn of(text: &str) -> Option<Self> {
        let modes = [Mode::Intrusive, Mode::Active, Mode::Passive];
        let mode = modes.into_iter().find(|mode| text.contains(&format!("--mode {}", mode.as_str())));
        let accounts = text.contains("--auto-accounts");
        (mode.is_some() || accounts).then_some(Self { mode, accounts })
    }

    fn words(self, face: Face) -> String {
        let mode = self.mode.map(Mode::as_str);
        match face {
            Face::CommandLine => {
                let options =
                    [mode.map(|mode| format!("--mode {mode}")), self.accounts.then(|| "--auto-accounts".into())];
                let options: Vec<String> = options.into_iter().flatten().collect();
                format!("{SCAN} `{}`", options.join(" "))
            }
            Face::Tools => {
                let arguments = [
                    mode.map(|mode| format!("`mode: \"{mode}\"`")),
                    self.accounts.then(|| "`auto_accounts: true`".to_owned()),
                ];
                let arguments: Vec<String> = arguments.into_iter().flatten().collect();
                format!("call scan_api with {} (ask the user first)", arguments.join(" and "))
            }
        }
    }
}

impl Step {
    /// Reads a step from its words on the command line, and from older words of checks that mean the same.
    pub fn of(text: &str) -> Self {
        let again = Again::of(text);
        if let Some(question) = text.strip_prefix(ANSWER) {
            return Self::Answer(question.to_owned());
        }
        if text == ANSWERS {
            return Self::Answer(String::new());
        }
        if let Some(operation) = text.strip_prefix(INCLUDE).and_then(|rest| rest.strip_suffix(INCLUDED)) {
            return Self::Include(operation.to_owned());
        }
        // A question that was put as advice is answered where questions are.
        if text.starts_with("Is ") && text.ends_with('?') {
            return Self::Answer(text.to_owned());
        }
        if text.contains("`owns") {
            return Self::Owns(owned_parameter(text));
        }
        match text {
            HIGHER => return Self::HigherRole,
            _ if text.starts_with("let a caller make") && text.contains("of this kind") => return Self::Object,
            _ if text.starts_with(SIGN_IN) => return Self::SignIn(again),
            _ => {}
        }

        let wants = |words: &[&str]| words.iter().any(|word| text.contains(word));
        // Older reports word these steps in other ways: what they begin with and ask for decides.
        let names_callers = text.starts_with("add ") || text.starts_with("configure ");

        match again {
            _ if names_callers && wants(&["two identities"]) => Self::Callers(MissingCallers::Two, again),
            _ if names_callers && wants(&["a second identity"]) => Self::Callers(MissingCallers::Second, again),
            _ if names_callers && wants(&["an identity to", "an identity,"]) => {
                Self::Callers(MissingCallers::One, again)
            }
            Some(again) if text.starts_with(SCAN) => Self::Scan(again),
            _ => Self::Other(text.to_owned()),
        }
    }

    /// Returns it in the words of a face.
    pub fn words(&self, face: Face) -> String {
        let or_again = |text: &str, again: &Option<Again>| match again {
            Some(again) => format!("{text}, or {}", again.words(face)),
            None => text.to_owned(),
        };
        match self {
            Self::Scan(again) => again.words(face),
            Self::Callers(wanted, again) => or_again(wanted.words(), again),
            Self::SignIn(again) => or_again(SIGN_IN, again),
            Self::HigherRole => HIGHER.to_owned(),
            Self::Owns(parameter) => {
                let parameter = if parameter.is_empty() { "<parameter>" } else { parameter };
                format!("name one: `owns = {{ {parameter} = [\"<id>\"] }}` under its owner in routewarden.toml")
            }
            Self::Object => OBJECT.to_owned(),
            Self::Answer(question) if question.is_empty() => match face {
                Face::CommandLine => ANSWERS.to_owned(),
                Face::Tools => {
                    "put `questions` to the user once, and have the answers written under [intent] in routewarden.toml"
                        .to_owned()
                }
            },
            Self::Answer(question) => format!("{ANSWER}{question}"),
            Self::Include(operation) => format!("{INCLUDE}{operation}{INCLUDED}"),
            Self::Other(text) => text.clone(),
        }
    }

    /// Returns whether it may be recommended. That an operation only reads is for its author to know: whoever follows the
    /// advice without looking lets the scan send what changes state.
    pub fn may_be_recommended(&self) -> bool {
        !matches!(self, Self::Include(_))
    }

    /// Returns whether two steps are one and the same thing to do.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Scan(one), Self::Scan(other)) => one.mode == other.mode,
            (Self::Callers(one, _), Self::Callers(other, _)) => one == other,
            (Self::SignIn(_), Self::SignIn(_)) | (Self::Answer(_), Self::Answer(_)) => true,
            _ => self == other,
        }
    }

    /// Returns one step for two that are the same thing to do: the one that asks for more at once.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let widest = |one: Option<Again>, other: Option<Again>| one.max(other);
        match (self, other) {
            (Self::Scan(one), Self::Scan(other)) => {
                Self::Scan(Again { accounts: one.accounts || other.accounts, ..one })
            }
            (Self::Callers(wanted, one), Self::Callers(_, other)) => Self::Callers(wanted, widest(one, other)),
            (Self::SignIn(one), Self::SignIn(other)) => Self::SignIn(widest(one, other)),
            // Two questions are one step: to answer those of the report.
            (Self::Answer(one), Self::Answer(other)) if one != other => Self::Answer(String::new()),
            (one, _) => one,
        }
    }
}

impl MissingCallers {
    fn words(self) -> &'static str {
        match self {
            Self::One => ONE,
            Self::Second => SECOND,
            Self::Two => TWO,
        }
    }
}

/// The parameter in `owns = { order_id = [...] }`; empty where there is none.
fn owned_parameter(text: &str) -> String {
    let named = text.split_once("`owns = { ").and_then(|(_, rest)| rest.split_once(" = ["));
    named.map(|(name, _)| name.trim_matches('"').to_owned()).filter(|name| !name.contains('<')).unwrap_or_default()
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.words(Face::CommandLine))
    }
}

impl From<String> for Step {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl From<Step> for String {
    fn from(step: Step) -> Self {
        step.to_string()
    }
}
