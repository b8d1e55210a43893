//! The embedded table of rules, read once.

use serde::Deserialize;
use thiserror::Error;

use super::checksum::Checksum;
use super::found::Certainty;
use super::shape::SecretShape;

const TABLE: &str = include_str!("../rules.toml");

/// One kind of secret.
#[derive(Debug)]
pub(super) struct SecretRule {
    pub id: String,
    /// What it finds, in words.
    pub what: String,
    pub shapes: Vec<SecretShape>,
    /// Lower-case words of which one stands near, or in the name of the value where the shapes have no fixed text.
    pub keywords: Vec<String>,
    /// Lower-case words of which one is part of the value's name.
    pub names: Vec<String>,
    /// Text that the secret contains.
    pub contains: Option<String>,
    pub checksum: Option<Checksum>,
    /// Least bits of a character of the body.
    pub entropy: f64,
    pub certainty: Certainty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rules: Vec<Row>,
}

/// A rule as it is written. `source` is the vendor's page; the examples are run by a test.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    what: String,
    #[serde(rename = "source")]
    _source: String,
    shapes: Vec<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    contains: Option<String>,
    checksum: Option<String>,
    #[serde(default = "usual_entropy")]
    entropy: f64,
    #[serde(default)]
    medium: bool,
    #[serde(rename = "positive")]
    _positive: Vec<String>,
    #[serde(rename = "negative")]
    _negative: Vec<String>,
}

fn usual_entropy() -> f64 {
    2.8
}

/// What is wrong with the table of rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum RuleTableFault {
    /// The parser's words.
    #[error("{0}")]
    Toml(String),
    #[error("{rule}: `{shape}` is no shape")]
    Shape { rule: String, shape: String },
    #[error("{rule}: `{name}` is no checksum")]
    Checksum { rule: String, name: String },
}

/// The rules of the table; an error names what is wrong with it. A test holds that there is none.
pub(super) fn load() -> Result<Vec<SecretRule>, RuleTableFault> {
    let table: Table = toml::from_str(TABLE).map_err(|error| RuleTableFault::Toml(error.to_string()))?;
    table.rules.into_iter().map(rule_from_row).collect()
}

fn rule_from_row(row: Row) -> Result<SecretRule, RuleTableFault> {
    let no_shape = |text: &String| RuleTableFault::Shape { rule: row.id.clone(), shape: text.clone() };
    let shape = |text: &String| SecretShape::parse(text).ok_or_else(|| no_shape(text));
    let shapes = row.shapes.iter().map(shape).collect::<Result<_, _>>()?;
    let checksum = match &row.checksum {
        Some(name) => {
            let fault = || RuleTableFault::Checksum { rule: row.id.clone(), name: name.clone() };
            Some(Checksum::named(name).ok_or_else(fault)?)
        }
        None => None,
    };

    Ok(SecretRule {
        shapes,
        checksum,
        id: row.id,
        what: row.what,
        keywords: row.keywords,
        names: row.names,
        contains: row.contains,
        entropy: row.entropy,
        certainty: if row.medium { Certainty::Medium } else { Certainty::High },
    })
}
