//! Rules of the user, in the format of gitleaks' configuration files. A rule that cannot be used is told and left out.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use thiserror::Error;
use toml::de::{DeTable, DeValue};

use super::allow::shannon_entropy;
use super::engine::remove_overlaps;
use super::found::{Certainty, FoundSecret};

/// Most rules of a file.
const MAX_RULES: usize = 2000;
/// Largest compiled expression.
const MAX_REGEX_BYTES: usize = 4 * 1024 * 1024;
/// Most hits of one rule in one text.
const MAX_HITS: usize = 200;

/// The rules of a file that can be used, and those that cannot.
#[derive(Debug, Clone, Default)]
pub struct UserRules {
    rules: Vec<UserRule>,
    allow: Vec<Allow>,
    /// What was left out, in the order of the file.
    pub refused: Vec<Refused>,
}

/// A rule that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its id; empty when it has none.
    pub id: String,
    /// The line of the file on which it begins, from 1.
    pub line: usize,
    /// Why it is not used.
    pub reason: String,
}

#[derive(Debug, Clone)]
struct UserRule {
    id: String,
    regex: Regex,
    group: Option<usize>,
    entropy: f64,
    keywords: Vec<String>,
    allow: Vec<Allow>,
}

#[derive(Debug, Clone)]
struct Allow {
    regexes: Vec<Regex>,
    stopwords: Vec<String>,
    target: AllowTarget,
    all: bool,
    /// The rules that it is for; all where none is named.
    rules: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum AllowTarget {
    Secret,
    Match,
    Line,
}

/// Why a file of rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesRefused {
    /// The parser's words.
    #[error("not valid TOML: {0}")]
    NoToml(String),
    /// The line of `[extend]`.
    #[error("line {0}: `[extend]` is not followed; put the rules that are wanted into this file")]
    Extends(usize),
    /// In the allow list of the file.
    #[error(transparent)]
    AllowList(#[from] RuleRefused),
}

/// Why a rule is not used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleRefused {
    /// The file has too many.
    #[error("the file has more than {limit} rules", limit = MAX_RULES)]
    TooMany,
    /// It is something else.
    #[error("a rule is a table")]
    NoTable,
    /// Nothing names it.
    #[error("it has no `id`")]
    NoId,
    /// It finds by something else.
    #[error("it has no `regex`; paths are not looked at")]
    NoRegex,
    /// The number is too high.
    #[error("`secretGroup` names a group that the expression does not have")]
    NoSuchGroup,
    /// The words of the engine.
    #[error("its expression cannot be used: {0}")]
    Expression(String),
}

/// Reads a file in gitleaks' format.
///
/// # Errors
/// A sentence, when it is no TOML or builds upon another file.
pub fn load_rules(text: &str) -> Result<UserRules, RulesRefused> {
    let root = DeTable::parse(text).map_err(|error| RulesRefused::NoToml(error.message().to_owned()))?;
    let root = root.get_ref();

    // Left out, it would make the search smaller than the user believes; followed, it would read other files.
    if let Some(extend) = root.get("extend") {
        return Err(RulesRefused::Extends(line_of(text, extend.span())));
    }
    let mut user = UserRules { allow: allow_lists(root)?, ..UserRules::default() };
    for (index, value) in
        root.get("rules").and_then(|value| value.get_ref().as_array()).into_iter().flatten().enumerate()
    {
        let id = value.get_ref().as_table().and_then(|table| string_field(table, "id")).unwrap_or_default().to_owned();
        let read = match value.get_ref().as_table() {
            _ if index >= MAX_RULES => Err(RuleRefused::TooMany),
            Some(table) => rule_from_table(table),
            None => Err(RuleRefused::NoTable),
        };
        match read {
            Ok(rule) => user.rules.push(rule),
            Err(reason) => {
                let line = line_of(text, value.span());
                user.refused.push(Refused { id, line, reason: reason.to_string() });
            }
        }
    }

    Ok(user)
}

impl UserRules {
    /// How many rules are used.
    pub fn n_rules(&self) -> usize {
        self.rules.len()
    }

    /// The secrets that the rules find in a text.
    pub fn scan(&self, text: &str) -> Vec<FoundSecret> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let lower = text.to_ascii_lowercase();
        let wanted =
            |rule: &&UserRule| rule.keywords.is_empty() || rule.keywords.iter().any(|word| lower.contains(word));
        remove_overlaps(self.rules.iter().filter(wanted).flat_map(|rule| self.run(rule, text)).collect())
    }

    fn run(&self, rule: &UserRule, text: &str) -> Vec<FoundSecret> {
        let mut found = Vec::new();
        for captures in rule.regex.captures_iter(text).take(MAX_HITS) {
            let Some(whole) = captures.get(0) else { continue };
            // Without `secretGroup`, gitleaks takes the first group that is not empty.
            let first = || (1..captures.len()).find_map(|group| captures.get(group).filter(|hit| !hit.is_empty()));
            let secret = rule.group.map_or_else(first, |group| captures.get(group)).unwrap_or(whole);
            let random = rule.entropy <= 0.0 || shannon_entropy(secret.as_str().as_bytes()) > rule.entropy;
            let line = line_around(text, whole.range());
            let allowed = |allow: &Allow| allow.is_for(&rule.id) && allow.allows(secret.as_str(), whole.as_str(), line);

            if secret.is_empty() || !random || rule.allow.iter().chain(&self.allow).any(allowed) {
                continue;
            }
            let (rule, range) = (rule.id.clone(), secret.range());
            found.push(FoundSecret { rule, range, confidence: Certainty::High, prefix: None });
        }

        found
    }
}

impl Allow {
    fn is_for(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|known| known == rule)
    }

    fn allows(&self, secret: &str, whole: &str, line: &str) -> bool {
        let target = match self.target {
            AllowTarget::Secret => secret,
            AllowTarget::Match => whole,
            AllowTarget::Line => line,
        };
        let lower = secret.to_ascii_lowercase();
        let by_regex = self.regexes.iter().any(|regex| regex.is_match(target));
        let by_word = self.stopwords.iter().any(|word| lower.contains(word));

        // A kind of condition that is not given takes no part in an `AND`.
        if self.all && !self.regexes.is_empty() && !self.stopwords.is_empty() {
            by_regex && by_word
        } else {
            by_regex || by_word
        }
    }
}

fn rule_from_table(table: &DeTable<'_>) -> Result<UserRule, RuleRefused> {
    let id = string_field(table, "id").filter(|id| !id.trim().is_empty()).ok_or(RuleRefused::NoId)?;
    let pattern = string_field(table, "regex").ok_or(RuleRefused::NoRegex)?;
    let regex = compile_pattern(pattern)?;
    // `secretGroup = 0` is what gitleaks has by default, and names no group.
    let group = match table.get("secretGroup").map(|value| value.get_ref()) {
        Some(DeValue::Integer(number)) => number.as_str().parse::<usize>().ok().filter(|group| *group > 0),
        _ => None,
    };
    if group.is_some_and(|group| group >= regex.captures_len()) {
        return Err(RuleRefused::NoSuchGroup);
    }
    let entropy = match table.get("entropy").map(|value| value.get_ref()) {
        Some(DeValue::Integer(number)) => number.as_str().parse().unwrap_or(0.0),
        Some(DeValue::Float(number)) => number.as_str().parse().unwrap_or(0.0),
        _ => 0.0,
    };
    let keywords = string_list(table, "keywords").iter().map(|word| word.to_ascii_lowercase()).collect();
    Ok(UserRule { id: id.trim().to_owned(), regex, group, entropy, keywords, allow: allow_lists(table)? })
}

/// `[[allowlists]]`, and the one `[allowlist]` of older files. Those about paths and commits alone say nothing here; one
/// that asks for such a place as well allows nothing, since an answer has none.
fn allow_lists(table: &DeTable<'_>) -> Result<Vec<Allow>, RuleRefused> {
    let many = table.get("allowlists").and_then(|value| value.get_ref().as_array()).into_iter().flatten();
    let mut lists = Vec::new();

    for value in many.chain(table.get("allowlist")) {
        let Some(table) = value.get_ref().as_table() else { continue };
        let regexes = string_list(table, "regexes").into_iter().map(compile_pattern).collect::<Result<_, _>>()?;
        let stopwords = string_list(table, "stopwords").iter().map(|word| word.to_ascii_lowercase()).collect();
        let target = match string_field(table, "regexTarget") {
            Some("match") => AllowTarget::Match,
            Some("line") => AllowTarget::Line,
            _ => AllowTarget::Secret,
        };
        // gitleaks knows the sign `&&` for the word as well.
        let condition = string_field(table, "condition").unwrap_or_default().trim();
        let all = condition.eq_ignore_ascii_case("and") || condition == "&&";
        let has_place = ["paths", "commits"].iter().any(|key| !string_list(table, key).is_empty());
        let rules = string_list(table, "targetRules").into_iter().map(str::to_owned).collect();

        if !(all && has_place) {
            lists.push(Allow { regexes, stopwords, target, all, rules });
        }
    }

    Ok(lists)
}

fn compile_pattern(pattern: &str) -> Result<Regex, RuleRefused> {
    RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).build().map_err(|error| {
        let text = error.to_string();
        // The last line of the message has the reason; those before it draw the expression.
        let reason = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("not supported");
        RuleRefused::Expression(reason.trim().trim_start_matches("error: ").to_owned())
    })
}

fn string_field<'a>(table: &'a DeTable<'_>, key: &str) -> Option<&'a str> {
    table.get(key)?.get_ref().as_str()
}

fn string_list<'a>(table: &'a DeTable<'_>, key: &str) -> Vec<&'a str> {
    let array = table.get(key).and_then(|value| value.get_ref().as_array());
    array.into_iter().flatten().filter_map(|value| value.get_ref().as_str()).collect()
}

fn line_of(text: &str, span: Range<usize>) -> usize {
    text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1)
}

fn line_around(text: &str, range: Range<usize>) -> &str {
    let start = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(range.end..).and_then(|behind| behind.find('\n')).map_or(text.len(), |at| range.end + at);
    text.get(start..end).unwrap_or_default()
}
