//! Reads tables of a TOML text key by key, so that every fault has its place and its nearest known key.

use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Env;
use super::env_file::EnvFile;
use super::error::{ConfigError, Fault};

pub(super) type TomlValue<'a> = Spanned<DeValue<'a>>;

/// The text, where it lies, and what is told about it.
pub(super) struct ConfigSource<'a> {
    /// For messages.
    pub file: &'a str,
    pub text: &'a str,
    /// Paths in the file are relative to it.
    pub folder: &'a Path,
    pub env: &'a Env<'a>,
    /// Asked where the environment has no such variable.
    pub env_file: &'a EnvFile,
}

impl ConfigSource<'_> {
    /// A fault whose line may hold a secret: values are not shown.
    pub fn fault(&self, span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault::new(self.file, self.text, span, false, message.into())
    }

    /// A fault about a value that cannot be a secret.
    pub fn open_fault(&self, span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault::new(self.file, self.text, span, true, message.into())
    }

    /// The line of a place, counted from 1.
    pub fn line(&self, place: usize) -> usize {
        self.text.get(..place).map_or(0, |before| before.matches('\n').count()) + 1
    }
}

/// One table, with the name it has in messages.
pub(super) struct Section<'a> {
    pub source: &'a ConfigSource<'a>,
    /// `identities.alice`
    pub name: String,
    pub span: Range<usize>,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// Takes a table whose keys must all be known.
    pub fn new(
        source: &'a ConfigSource<'a>,
        name: &str,
        value: &'a TomlValue<'a>,
        known: &[&str],
    ) -> Result<Self, ConfigError> {
        let section = Self::open(source, name, value)?;
        for key in section.table.keys() {
            section.check_key(key.get_ref(), key.span(), known)?;
        }
        Ok(section)
    }

    /// Takes a table whose keys are names that the user chose.
    pub fn open(source: &'a ConfigSource<'a>, name: &str, value: &'a TomlValue<'a>) -> Result<Self, ConfigError> {
        match value.get_ref().as_table() {
            Some(table) => Ok(Self { source, name: name.to_owned(), span: value.span(), table }),
            None => {
                let message = format!("`{name}` is a table, not {}", value_kind(value));
                Err(source.fault(value.span(), message).into())
            }
        }
    }

    /// Takes the whole file.
    pub fn root(source: &'a ConfigSource<'a>, table: &'a DeTable<'a>, known: &[&str]) -> Result<Self, ConfigError> {
        let section = Self { source, name: String::new(), span: 0..0, table };
        for key in table.keys() {
            section.check_key(key.get_ref(), key.span(), known)?;
        }
        Ok(section)
    }

    fn check_key(&self, key: &str, span: Range<usize>, known: &[&str]) -> Result<(), ConfigError> {
        if known.contains(&key) {
            return Ok(());
        }
        let place = if self.name.is_empty() { "the file".to_owned() } else { format!("[{}]", self.name) };
        // A whole token may stand where a key belongs: a message must not carry all of it.
        let shown: String = key.chars().take(40).collect();
        let fault = self.source.fault(span, format!("unknown key `{shown}` in {place}"));
        let nearest = known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(&key.to_ascii_lowercase(), known), known))
            .min()
            // A guess that is far off would lead the user away from the list of known keys.
            .filter(|(distance, known)| *distance <= (known.len() / 2).clamp(1, 3));
        Err(fault
            .with_help(match nearest {
                Some((_, nearest)) => format!("did you mean `{nearest}`?"),
                None => format!("known keys are: {}", known.join(", ")),
            })
            .into())
    }

    /// All entries in the order of the file.
    pub fn entries(&self) -> Vec<(&'a str, Range<usize>, &'a TomlValue<'a>)> {
        let mut all: Vec<_> =
            self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)).collect();
        // The parser's table keeps no order; reports and warnings follow the file.
        all.sort_by_key(|(_, span, _)| span.start);
        all
    }

    /// A value as it stands.
    pub fn value(&self, key: &str) -> Option<&'a TomlValue<'a>> {
        self.table.get(key)
    }

    /// Where a key stands, or the table when it does not.
    pub fn place(&self, key: &str) -> Range<usize> {
        self.table.get_key_value(key).map_or(self.span.clone(), |(key, _)| key.span())
    }

    /// The name of a key in messages.
    pub fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// A string.
    pub fn string(&self, key: &str) -> Result<Option<&'a str>, ConfigError> {
        self.value(key).map(|value| as_string(self.source, &self.path(key), value)).transpose()
    }

    /// A string that must be there and not be empty.
    pub fn required(&self, key: &str) -> Result<&'a str, ConfigError> {
        match self.string(key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            Some(_) => Err(self.source.fault(self.place(key), format!("`{}` is empty", self.path(key))).into()),
            None => Err(self.source.fault(self.span.clone(), format!("`{}` is missing", self.path(key))).into()),
        }
    }

    /// A boolean; `false` when it is not there.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let read = value.get_ref().as_bool().ok_or_else(|| self.wrong_type(key, value, "true or false"));
        read.map(Some)
    }

    /// A whole number within bounds.
    pub fn integer(&self, key: &str, min: u64, max: u64) -> Result<Option<u64>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let Some(integer) = value.get_ref().as_integer() else {
            return Err(self.wrong_type(key, value, "a whole number"));
        };
        match u64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
            _ => Err(self.out_of_bounds(key, value, &format!("{min} to {max}"))),
        }
    }

    /// A positive number, whole or not.
    pub fn number(&self, key: &str, max: f64) -> Result<Option<f64>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let digits = match value.get_ref() {
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
            DeValue::Float(float) => float.as_str(),
            _ => return Err(self.wrong_type(key, value, "a number")),
        };
        match digits.parse::<f64>() {
            Ok(number) if number > 0.0 && number <= max => Ok(Some(number)),
            _ => Err(self.out_of_bounds(key, value, &format!("more than 0 and at most {max}"))),
        }
    }

    /// A list of strings with their places; empty when it is not there.
    pub fn strings(&self, key: &str) -> Result<Vec<(&'a str, Range<usize>)>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let Some(array) = value.get_ref().as_array() else {
            return Err(self.wrong_type(key, value, "a list of strings"));
        };
        let item = |value: &'a TomlValue<'a>| Ok((as_string(self.source, &self.path(key), value)?, value.span()));
        array.iter().map(item).collect()
    }

    /// A list of tables; empty when it is not there.
    pub fn tables(&self, key: &str, known: &[&str]) -> Result<Vec<Section<'a>>, ConfigError> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let Some(array) = value.get_ref().as_array() else {
            return Err(self.wrong_type(key, value, "a list of tables"));
        };
        array.iter().map(|item| Section::new(self.source, &self.path(key), item, known)).collect()
    }

    fn wrong_type(&self, key: &str, value: &TomlValue<'_>, wanted: &str) -> ConfigError {
        // What is of the wrong type may be a secret in the wrong place: its line is not shown.
        let message = format!("`{}` is {wanted}, not {}", self.path(key), value_kind(value));
        self.source.fault(value.span(), message).into()
    }

    fn out_of_bounds(&self, key: &str, value: &TomlValue<'_>, bounds: &str) -> ConfigError {
        // A number is no secret, and the user has to see which one is meant.
        self.source.open_fault(value.span(), format!("`{}` is out of bounds: {bounds}", self.path(key))).into()
    }
}

/// The string that a value is.
pub(super) fn as_string<'a>(
    source: &ConfigSource<'_>,
    path: &str,
    value: &'a TomlValue<'a>,
) -> Result<&'a str, ConfigError> {
    value
        .get_ref()
        .as_str()
        .ok_or_else(|| source.fault(value.span(), format!("`{path}` is a string, not {}", value_kind(value))).into())
}

/// A date, with or without quotes.
pub(super) fn read_date(section: &Section<'_>, key: &str) -> Result<Option<Date>, ConfigError> {
    let Some(value) = section.value(key) else { return Ok(None) };
    let text = match value.get_ref() {
        DeValue::Datetime(date) => date.to_string(),
        DeValue::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    text.parse::<Date>().map(Some).map_err(|_| {
        let message = format!("`{}` is a date, as in \"2027-06-30\"", section.path(key));
        section.source.open_fault(value.span(), message).into()
    })
}

/// What a value is, for messages.
pub(super) fn value_kind(value: &TomlValue<'_>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
