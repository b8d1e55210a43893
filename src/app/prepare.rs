//! From a request, the configuration and the document to everything a scan needs; nothing is sent to the API.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::answers::{Overrides, ScanRequest};
use super::base::{ChosenBase, choose_base};
use super::choice::{UserChoice, matches_any_pattern};
use super::document::{self, LoadedDocument};
use super::error::AppError;
use super::intent::gather_intents;
use super::joining::begin_reading;
use super::known::read_baseline_ids;
use super::marks::FindingMarks;
use super::reading_alone::{only_source, without_document};
use super::source::{read_routes, read_source, source_folder};
use super::state::App;
use crate::checks::{self, Check};
use crate::code::{CodeIndex, SourceWords};
use crate::config::{self, Config, Suppression};
use crate::detect::secrets::UserRules;
use crate::llm::{Endpoint, LlmSettings, MAX_PROMPT_CHARS, MAX_PROMPTS};
use crate::model::{Api, Credential, Identity, IntentMemory, Mode, Operation, Origin, Scope};
use crate::probe::Limits;
use crate::spec::find_in_folder;
use crate::vocabulary::add_words;

/// Everything a scan needs.
pub(super) struct Prepared {
    pub(super) api: Arc<Api>,
    pub(super) base_url: Option<Url>,
    pub(super) scope: Scope,
    pub(super) identities: Vec<Identity>,
    pub(super) limits: Limits,
    pub(super) mode: Mode,
    /// Throw-away accounts are wanted, and the mode allows them.
    pub(super) auto_accounts: bool,
    pub(super) checks: Vec<&'static dyn Check>,
    pub(super) selected: Vec<String>,
    pub(super) excluded: Vec<String>,
    /// The user's own rules for secrets.
    pub(super) secret_rules: Arc<UserRules>,
    pub(super) suppress: Vec<Suppression>,
    pub(super) config: Option<PathBuf>,
    /// What earlier scans left is only named.
    pub(super) without_undo: bool,
    /// Ids of the findings that are known.
    pub(super) baseline: BTreeSet<String>,
    pub(super) notes: Vec<String>,
    /// What people stated of who is meant to reach what.
    pub(super) intent: IntentMemory,
    /// What the user says of models behind the API.
    pub(super) llm: LlmSettings,
    /// The source of the API, where it is there.
    pub(super) code: Option<Arc<CodeIndex>>,
    /// Why nothing is asked, and only the source is read.
    pub(super) alone: Option<String>,
    /// What it says of each handler, as soon as that is read.
    pub(super) words: SourceWords,
}

impl Prepared {
    /// Whether the user wants this operation checked.
    pub(super) fn is_selected(&self, operation: &Operation) -> bool {
        self.selected.is_empty() || matches_any_pattern(&self.selected, operation)
    }

    /// Whether the user wants this operation left alone.
    pub(super) fn is_excluded(&self, operation: &Operation) -> bool {
        matches_any_pattern(&self.excluded, operation)
    }

    /// The folder of the source that was read.
    pub(super) fn source(&self) -> Option<String> {
        self.code.as_ref().map(|code| code.root().display().to_string())
    }

    /// What the user said of findings beforehand.
    pub(super) fn marks(&self) -> FindingMarks {
        FindingMarks { suppress: self.suppress.clone(), baseline: self.baseline.clone() }
    }

    /// Caller, parameter name, ids.
    pub(super) fn owns(&self) -> Vec<(String, String, Vec<String>)> {
        self.identities
            .iter()
            .flat_map(|identity| {
                identity.owns.iter().map(|(parameter, ids)| (identity.name.clone(), parameter.clone(), ids.clone()))
            })
            .collect()
    }
}

/// The configuration, and the document that it or the request names.
pub(super) struct DescribedTarget {
    pub(super) config: Config,
    pub(super) scope: Scope,
    pub(super) found: document::LoadedDocument,
}

/// Reads the configuration and the document.
pub(super) async fn describe_target(app: &App, request: &ScanRequest) -> Result<DescribedTarget, AppError> {
    let (config, scope) = read_config_and_scope(app, request)?;
    let folder = &app.shared.folder;
    let overlay = request.overrides.overlay.as_ref().map(|path| folder.join(path));
    let overlay = document::read_overlay(overlay.or_else(|| config.target.overlay.clone())).await?;
    let target = request.target.clone().or_else(|| config.target.openapi.clone());
    let mut found = match (&config.target.graphql, &target) {
        // The schema is the document.
        (Some(_), None) if find_in_folder(folder).is_empty() => LoadedDocument { api: Api::default(), origin: None },
        _ => document::load(target.as_deref(), folder, &scope, overlay).await?,
    };
    let base = choose_base(&config, &request.overrides, &found, &scope)?.url;
    super::graphql::join_graphql(&mut found.api, &config, request, base.as_ref(), &scope).await?;

    Ok(DescribedTarget { config, scope, found })
}

/// Reads the configuration, and where requests may go by it.
pub(super) fn read_config_and_scope(app: &App, request: &ScanRequest) -> Result<(Config, Scope), AppError> {
    let config = load_configuration(app, request)?;
    let scope = build_scope(&config, &request.overrides)?;
    Ok((config, scope))
}

/// Returns whether the user named the folder of the source.
pub(super) fn source_is_named(config: &Config, over: &Overrides) -> bool {
    !over.without_source && (over.source.is_some() || config.target.source.is_some())
}

/// Prepares a scan.
pub(super) async fn prepare_scan(app: &App, request: &ScanRequest) -> Result<Prepared, AppError> {
    let over = &request.overrides;
    let checks = checks::select_checks(&over.checks).map_err(|unknown| AppError::Usage(unknown.to_string()))?;
    let (DescribedTarget { config, scope, mut found }, undescribed) = match describe_target(app, request).await {
        Ok(described) => (described, None),
        Err(error) => {
            let (described, because) = without_document(app, request, error)?;
            (described, Some(because))
        }
    };
    let folder = source_folder(app, &config, over);
    let wanted = only_source(&checks, folder.is_some())?;
    let sends = !request.dry_run && undescribed.is_none() && wanted.is_none();
    let ChosenBase { url: base_url, note } = choose_base(&config, over, &found, &scope)?;
    if sends {
        ensure_permitted(base_url.as_ref(), &scope)?;
    }
    let mode = over.mode.or(config.scan.mode).unwrap_or_default();
    let intent = gather_intents(&config, &found.api, crate::model::today())?;
    let mut notes = collect_notes(&config, over, mode);
    notes.extend(intent.notes().into_iter().chain(note).chain(super::graphql::describe_left_out(&found.api)));
    let excluded = [config.scan.exclude.as_slice(), over.exclude.as_slice()].concat();
    let included = [config.scan.include.as_slice(), over.include.as_slice()].concat();
    let mut code = None;
    if let Some(folder) = folder {
        let (index, said) = match undescribed {
            Some(_) => read_routes(folder, &mut found.api).await,
            None => read_source(folder, &mut found.api).await,
        };
        code = index;
        notes.extend(said);
    }
    notes.extend(UserChoice { excluded: &excluded, included: &included }.settle(&mut found.api));
    let mut identities = select_identities(&config, over)?;
    identities.iter_mut().for_each(|identity| settle_content_type(identity, &found.api));
    Ok(Prepared {
        api: Arc::new(found.api),
        limits: choose_limits(&config, over, base_url.as_ref()),
        base_url,
        scope,
        identities,
        mode,
        auto_accounts: auto_accounts(&config, over, mode),
        checks,
        selected: over.operations.clone(),
        excluded,
        secret_rules: Arc::clone(&config.detect.rules),
        suppress: config.suppress.clone(),
        config: config.path.is_file().then(|| config.path.clone()),
        without_undo: over.without_undo,
        baseline: read_baseline_ids(&app.shared.folder, over.baseline.as_deref())?,
        notes,
        intent: intent.memory,
        llm: build_llm_settings(&config, over)?,
        alone: undescribed.or(wanted),
        // Where nothing is sent, there is nothing to set beside it.
        words: code.as_ref().filter(|_| sends).map(begin_reading).unwrap_or_default(),
        code,
    })
}

/// Ensures that there is a base URL that requests may go to.
fn ensure_permitted(base_url: Option<&Url>, scope: &Scope) -> Result<(), AppError> {
    let Some(base_url) = base_url else {
        return Err(AppError::Usage(
            "the document names no server that requests may go to: they leave only for an origin that you name, or that \
             the document came from, or for loopback where it is the first server of a file; pass --base-url (and \
             --allow for one off loopback), or set `base_url` in [target] of routewarden.toml"
                .to_owned(),
        ));
    };

    scope.permit(base_url.clone()).map_err(|error| AppError::Usage(error.to_string()))?;
    Ok(())
}

/// A sign-in whose content type the configuration leaves open is sent as its document says: JSON where it takes that, a
/// form where it takes nothing else (OAuth 2.0, RFC 6749 §4.3).
fn settle_content_type(identity: &mut Identity, api: &Api) {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let Credential::Login(recipe) = &mut identity.credential else { return };

    if !recipe.content_type.is_empty() {
        return;
    }
    let operation = api.operations.iter().find(|operation| operation.id.as_str() == recipe.operation.trim());
    let taken = operation.and_then(|operation| operation.body.as_ref()).map(|body| body.content.as_slice());
    let takes = |kind: &str| taken.is_some_and(|all| all.iter().any(|content| content.media_type.contains(kind)));

    recipe.content_type = if takes(FORM) && !takes("json") { FORM } else { JSON }.to_owned();
}

/// The configuration: the one that is named, the server's own, or the folder's; an empty one without any.
fn load_configuration(app: &App, request: &ScanRequest) -> Result<Config, AppError> {
    let folder = &app.shared.folder;
    let named = request.config.as_deref();
    let path = named.map(|path| folder.join(path)).or_else(|| app.shared.config.as_ref().map(|path| folder.join(path)));
    let path = match path {
        Some(path) => path,
        None => {
            let usual = folder.join("routewarden.toml");
            if !usual.is_file() {
                return Ok(Config::default());
            }
            usual
        }
    };

    // Reports and journals keep this path, and later commands may read it from another folder.
    let path = path.canonicalize().unwrap_or(path);
    // A plan needs no secret: it sends nothing, and people make one before they set any.
    let variable = |name: &str| app.variable(name).or_else(|| request.dry_run.then(|| "not-set-for-a-plan".to_owned()));
    let config = config::load(&path, &variable).map_err(|error| AppError::Usage(error.to_string()))?;
    // Before the document is read: what its operations do is judged by these words too.
    add_words(&config.vocabulary).map_err(|unknown| AppError::Usage(unknown.to_string()))?;
    Ok(config)
}

fn build_scope(config: &Config, over: &Overrides) -> Result<Scope, AppError> {
    let mut allowed = config.target.allow.clone();
    for text in &over.allow {
        allowed.push(Origin::parse(text).map_err(|error| AppError::Usage(format!("--allow {text}: {error}")))?);
    }
    Ok(Scope::new(allowed))
}

fn select_identities(config: &Config, over: &Overrides) -> Result<Vec<Identity>, AppError> {
    // A misspelt name would leave a scan with fewer callers to compare, which finds less without a word.
    for name in &over.identities {
        if !config.identities.iter().any(|identity| identity.name == *name) {
            let known: Vec<&str> = config.identities.iter().map(|identity| identity.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(AppError::Usage(format!(
                "there is no identity `{name}` in the configuration; it has: {known}"
            )));
        }
    }

    let chosen = |identity: &&Identity| over.identities.is_empty() || over.identities.contains(&identity.name);
    Ok(config.identities.iter().filter(chosen).cloned().collect())
}

/// What is known of models: as configured, with the prompts of this request.
fn build_llm_settings(config: &Config, over: &Overrides) -> Result<LlmSettings, AppError> {
    let prompts: Vec<String> = over.llm_prompts.iter().map(|prompt| prompt.trim().to_owned()).collect();
    if prompts.len() > MAX_PROMPTS {
        return Err(AppError::Usage(format!(
            "{} prompts for models are given; at most {MAX_PROMPTS} are sent",
            prompts.len()
        )));
    }

    if let Some(long) = prompts.iter().map(|prompt| prompt.chars().count()).find(|chars| *chars > MAX_PROMPT_CHARS) {
        return Err(AppError::Usage(format!(
            "a prompt for models has {long} characters; at most {MAX_PROMPT_CHARS} are sent"
        )));
    }
    let endpoint = |configured: &config::LlmEndpoint| Endpoint {
        operation: configured.operation.clone(),
        prompt: configured.prompt.clone(),
        answer: configured.answer.clone(),
    };
    Ok(LlmSettings {
        endpoints: config.llm.endpoints.iter().map(endpoint).collect(),
        system_prompt: config.llm.system_prompt.clone(),
        max_calls: config.llm.max_calls,
        timeout: config.llm.timeout,
        prompts,
        met: Vec::new(),
    })
}

/// Loopback is asked as fast as it answers; anything else at a walking pace unless the user says otherwise.
pub(super) fn choose_limits(config: &Config, over: &Overrides, base_url: Option<&Url>) -> Limits {
    let usual = Limits::default();
    let loopback = base_url.is_some_and(|url| Scope::default().permit(url.clone()).is_ok());
    let timeout = over.timeout_seconds.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.05, 600.0)));
    Limits {
        max_requests: over.max_requests.or(config.scan.max_requests).unwrap_or(usual.max_requests),
        concurrency: over.concurrency.or(config.scan.concurrency).unwrap_or(usual.concurrency).clamp(1, 128),
        rate: over.rate.or(config.scan.rate).or(if loopback { None } else { Some(50.0) }),
        timeout: timeout.or(config.scan.timeout).unwrap_or(usual.timeout),
        max_body_bytes: usual.max_body_bytes,
        max_time: over
            .max_seconds
            .or(config.scan.max_seconds)
            .or(over.usual_max_seconds)
            // After all sources, so that a 0 of the command line lifts the limit of the configuration too.
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs),
        memory_bytes: usual.memory_bytes,
    }
}

/// Whether throw-away accounts are made: as the user says; unsaid, where a scan that may write has nobody to act as.
fn auto_accounts(config: &Config, over: &Overrides, mode: Mode) -> bool {
    let said = over.auto_accounts.or(config.scan.auto_accounts);
    mode >= Mode::Active && said.unwrap_or(config.identities.is_empty())
}

fn collect_notes(config: &Config, over: &Overrides, mode: Mode) -> Vec<String> {
    let mut notes = config.warnings.clone();
    if mode == Mode::Passive && over.auto_accounts.or(config.scan.auto_accounts) == Some(true) {
        notes.push("throw-away accounts need active mode: a passive scan writes nothing, so none were made".to_owned());
    }
    notes
}
