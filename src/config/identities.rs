//! `[identities.*]`: who the scan acts as.

use std::collections::BTreeMap;

use super::error::ConfigError;
use super::login;
use super::reader::{ConfigSource, Section, TomlValue, as_string};
use super::secrets::{self, Purpose, SOURCES};
use crate::model::{ANONYMOUS, Consent, Credential, GARBAGE, Identity, Secret};
use thiserror::Error;
use toml::de::DeValue;

const KEYS: [&str; 11] =
    ["role", "rank", "owns", "disposable", "writes", "bearer", "api_key", "basic", "cookie", "header", "login"];
const CREDENTIALS: [&str; 6] = ["bearer", "api_key", "basic", "cookie", "header", "login"];
const MAX_IDENTITIES: usize = 32;

/// Reads all identities in the order of the file.
pub(super) fn read_all(
    source: &ConfigSource<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Identity>, ConfigError> {
    let all = Section::open(source, "identities", value)?;
    let mut found: Vec<Identity> = Vec::new();

    for (name, span, value) in all.entries() {
        let fault = |message: String| ConfigError::from(source.fault(span.clone(), message));
        check_name(name).map_err(|refused| fault(refused.to_string()))?;

        // `Alice` and `alice` are a slip of the pen; as two callers they would pass for owner and intruder.
        if let Some(other) = found.iter().find(|other| other.name.eq_ignore_ascii_case(name)) {
            return Err(fault(format!("identities `{}` and `{name}` differ in case alone", other.name)));
        }
        if found.len() == MAX_IDENTITIES {
            return Err(fault(format!("more than {MAX_IDENTITIES} identities")));
        }
        found.push(read_identity(source, name, value, warnings)?);
    }

    warn_about_twins(&found, warnings);
    Ok(found)
}

/// Roles compare by rank: `user` 10, `admin` 100; any other role counts as a user unless `rank` says otherwise.
pub(super) fn default_rank(role: &str) -> u32 {
    if role.eq_ignore_ascii_case("admin") { 100 } else { 10 }
}

/// Why a name is no name of an identity; each holds its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum NameRefused {
    #[error("`{0}` is the name of the scanner's own caller; choose another one")]
    Taken(String),
    #[error("`{0}` is no name of an identity: up to 64 letters, digits, `_`, `-`, `.`, `@`")]
    NoName(String),
}

/// Says what is wrong with the name of an identity.
pub(super) fn check_name(name: &str) -> Result<(), NameRefused> {
    let shown = || name.chars().take(40).collect();
    // A configured caller of that name would be mixed up with the one that has no valid credential.
    if [ANONYMOUS, GARBAGE].iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
        return Err(NameRefused::Taken(shown()));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);

    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(NameRefused::NoName(shown()));
    }
    Ok(())
}

fn read_identity(
    source: &ConfigSource<'_>,
    name: &str,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Identity, ConfigError> {
    let section = Section::new(source, &format!("identities.{name}"), value, &KEYS)?;
    let role = section.string("role")?.unwrap_or("user").to_owned();
    let rank = section.integer("rank", 0, 1_000_000)?.and_then(|rank| u32::try_from(rank).ok());

    // A manager that ranks like a user would be reported for reading what managers may read.
    if rank.is_none() && !["user", "admin"].contains(&role.to_ascii_lowercase().as_str()) {
        warnings.push(format!("identity {name}: role `{role}` ranks like `user` (10); set `rank` if it may do more"));
    }
    Ok(Identity {
        name: name.to_owned(),
        rank: rank.unwrap_or_else(|| default_rank(&role)),
        role,
        credential: read_credential(&section, name, warnings)?,
        owns: read_owned_ids(&section)?,
        consent: read_consent(&section)?,
    })
}

/// Reads what a scan may write as an identity.
fn read_consent(section: &Section<'_>) -> Result<Consent, ConfigError> {
    let disposable = section.boolean("disposable")?.unwrap_or_default();
    let writes = section.string("writes")?;

    if let Some(written) = writes.filter(|_| disposable) {
        let shown: String = written.chars().take(20).collect();
        let message =
            format!("`disposable = true` lets the scan write freely; it does not go with `writes = \"{shown}\"`");
        return Err(section.source.fault(section.place("writes"), message).into());
    }

    match writes {
        _ if disposable => Ok(Consent::Disposable),
        None => Ok(Consent::Objects),
        Some("own") => Ok(Consent::Own),
        Some("none") => Ok(Consent::None),
        Some(_) => {
            let message = format!("`{}` is \"own\" or \"none\"", section.path("writes"));
            Err(section.source.fault(section.place("writes"), message).into())
        }
    }
}

fn read_credential(section: &Section<'_>, name: &str, warnings: &mut Vec<String>) -> Result<Credential, ConfigError> {
    let given: Vec<&str> = CREDENTIALS.into_iter().filter(|kind| section.value(kind).is_some()).collect();
    let (kind, value) = match given.as_slice() {
        [kind] => match section.value(kind) {
            Some(value) => (*kind, value),
            None => return Err(no_credential(section, name)),
        },
        [] => return Err(no_credential(section, name)),
        [first, second, ..] => {
            let message = format!("identity `{name}` has both `{first}` and `{second}`; one credential each");
            return Err(section.source.fault(section.place(second), message).into());
        }
    };

    let form = SignInForm { source: section.source, path: section.path(kind), prefix: secrets::variable_part(name) };
    match kind {
        "bearer" => {
            let secret =
                secrets::read_value(form.source, &form.purpose("_TOKEN", "bearer = { ENV }"), value, warnings)?;
            // People copy the whole header value; sent as it is, the scheme would stand there twice.
            let bare = secret.expose().strip_prefix("Bearer ").map(Secret::new);
            Ok(Credential::Bearer(bare.unwrap_or(secret)))
        }
        "api_key" => api_key(&form, value, warnings),
        "basic" => read_basic(&form, value, warnings),
        "cookie" => {
            let purpose = form.purpose("_COOKIE", "cookie = { name = \"session\", ENV }");
            let section = form.open(value, &["name", SOURCES[0], SOURCES[1]], &purpose)?;
            let name = read_token_name(&section, "name")?;
            Ok(Credential::Cookie(name, secrets::from_section(&section, &purpose, warnings)?))
        }
        "header" => read_header(&form, value, warnings),
        _ => Ok(Credential::Login(login::read_recipe(&form, value, warnings)?)),
    }
}

/// Where a credential stands, for its messages.
pub(super) struct SignInForm<'a> {
    pub source: &'a ConfigSource<'a>,
    /// `identities.alice.bearer`
    pub path: String,
    /// `ALICE`
    pub prefix: String,
}

impl SignInForm<'_> {
    pub fn purpose<'p>(&self, suffix: &str, line: &'p str) -> Purpose<'p> {
        Purpose { path: self.path.clone(), suggested_variable: format!("{}{suffix}", self.prefix), line }
    }

    /// The credential's table; a string in its place is a literal secret.
    fn open<'v>(
        &'v self,
        value: &'v TomlValue<'v>,
        known: &[&str],
        purpose: &Purpose<'_>,
    ) -> Result<Section<'v>, ConfigError> {
        if value.get_ref().as_table().is_none() {
            return Err(secrets::refuse_literal(self.source, purpose, value.span()));
        }
        Section::new(self.source, &self.path, value, known)
    }
}

fn api_key(
    form: &SignInForm<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Credential, ConfigError> {
    let purpose = form.purpose("_API_KEY", "api_key = { header = \"X-API-Key\", ENV }");
    let section = form.open(value, &["header", "query", SOURCES[0], SOURCES[1]], &purpose)?;
    let secret = |warnings: &mut Vec<String>| secrets::from_section(&section, &purpose, warnings);

    match (section.value("header"), section.value("query")) {
        (Some(_), None) => Ok(Credential::ApiKeyHeader(read_token_name(&section, "header")?, secret(warnings)?)),
        (None, Some(_)) => Ok(Credential::ApiKeyQuery(section.required("query")?.to_owned(), secret(warnings)?)),
        _ => {
            let message = format!("`{}` needs either `header` or `query`: where the key is sent", form.path);
            Err(section.source.fault(section.span.clone(), message).into())
        }
    }
}

fn read_basic(
    form: &SignInForm<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Credential, ConfigError> {
    let mut purpose = form.purpose("_PASSWORD", "basic = { user = \"…\", password = { ENV } }");
    let section = form.open(value, &["user", "password"], &purpose)?;
    let user = section.required("user")?.to_owned();

    if user.contains(':') {
        return Err(section.source.fault(section.place("user"), "a user name of Basic has no colon (RFC 7617)").into());
    }
    let Some(password) = section.value("password") else {
        let message = format!("`{}.password` is missing", form.path);
        return Err(section.source.fault(section.span.clone(), message).into());
    };
    purpose.path = section.path("password");
    Ok(Credential::Basic(user, secrets::read_value(form.source, &purpose, password, warnings)?))
}

fn read_header(
    form: &SignInForm<'_>,
    value: &TomlValue<'_>,
    warnings: &mut Vec<String>,
) -> Result<Credential, ConfigError> {
    let mut purpose = form.purpose("_TOKEN", "header = { name = \"Authorization\", value = \"Token {secret}\", ENV }");
    let section = form.open(value, &["name", "value", SOURCES[0], SOURCES[1]], &purpose)?;
    let name = read_token_name(&section, "name")?;
    let template = section.string("value")?.unwrap_or("{secret}").to_owned();

    // A template without the placeholder holds the credential itself, which must not stand in the file.
    if !template.contains("{secret}") || secrets::looks_secret(&template) {
        purpose.path = section.path("value");
        return Err(secrets::refuse_literal(form.source, &purpose, section.place("value")));
    }
    // A line break would end the header and begin another one (RFC 9110 §5.5).
    if template.contains(char::is_control) {
        return Err(section.source.fault(section.place("value"), "a header value has no control characters").into());
    }
    Ok(Credential::Header { name, template, secret: secrets::from_section(&section, &purpose, warnings)? })
}

/// The name of a header or cookie (RFC 9110 §5.6.2).
fn read_token_name(section: &Section<'_>, key: &str) -> Result<String, ConfigError> {
    let text = section.required(key)?;
    if is_token(text) {
        return Ok(text.to_owned());
    }
    let message = format!("`{}` is no name of a header or cookie", section.path(key));
    Err(section.source.fault(section.place(key), message).into())
}

/// Whether a text may be the name of a header or cookie.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn read_owned_ids(section: &Section<'_>) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    let Some(value) = section.value("owns") else { return Ok(BTreeMap::new()) };
    let table = Section::open(section.source, &section.path("owns"), value)?;
    let mut owns = BTreeMap::new();

    for (parameter, _, value) in table.entries() {
        let path = table.path(parameter);
        let ids = match value.get_ref().as_array() {
            Some(array) => array.iter().map(|id| object_id(section.source, &path, id)).collect::<Result<_, _>>()?,
            None => vec![object_id(section.source, &path, value)?],
        };
        owns.insert(parameter.to_owned(), ids);
    }

    Ok(owns)
}

fn object_id(source: &ConfigSource<'_>, path: &str, value: &TomlValue<'_>) -> Result<String, ConfigError> {
    match value.get_ref() {
        // As written: large ids lose nothing by way of a number.
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        _ => Ok(as_string(source, path, value)?.to_owned()),
    }
}

fn no_credential(section: &Section<'_>, name: &str) -> ConfigError {
    let fault = section.source.fault(section.span.clone(), format!("identity `{name}` has no credential"));
    let variable = secrets::variable_part(name);
    fault.with_help(format!("add one of {}: bearer = {{ env = \"{variable}_TOKEN\" }}", CREDENTIALS.join(", "))).into()
}

/// Two users with one credential are one user, and every comparison between them is worthless.
fn warn_about_twins(identities: &[Identity], warnings: &mut Vec<String>) {
    for (index, one) in identities.iter().enumerate() {
        for other in identities.iter().skip(index + 1) {
            let same = match (&one.credential, &other.credential) {
                (Credential::Login(one), Credential::Login(other)) => {
                    one.body == other.body && one.secrets == other.secrets
                }
                // One user name is one user, whatever the passwords are.
                (Credential::Basic(one, _), Credential::Basic(other, _)) => one == other,
                (one, other) => one.secrets() == other.secrets(),
            };

            if same {
                warnings.push(format!(
                    "{} and {} sign in with the same credential: they are one user",
                    one.name, other.name
                ));
            }
        }
    }
}
