//! What an assistant's model may name: files below the project's folders, and no origin, variable or file of secrets
//! that the user did not name first. A prompt injection that reaches the model must not be able to carry a token off.

use std::path::{Path, PathBuf};

use url::Url;

use super::answers::ScanRequest;
use super::document;
use super::error::AppError;
use super::recheck::{WantedFinding, load_findings};
use super::state::App;
use crate::config::ConfigReach;
use crate::model::{FindingId, Mode, Origin, ScanId, Scope, clean_name};

/// What a call names beside its subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedByModel {
    /// A configuration file.
    pub config: Option<String>,
    /// A document or an address.
    pub target: Option<String>,
    /// A source tree.
    pub source: Option<String>,
    /// How much the scan may do.
    pub mode: Option<Mode>,
    /// The call begins a scan, and so uses a configuration whether it names one or not.
    pub scans: bool,
    /// Findings whose scan decides what the call does not.
    pub recheck: Vec<FindingId>,
    /// The scan that they are from.
    pub recheck_scan: Option<ScanId>,
}

/// What the user had written when the server started: nobody can have written it at a model's word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VouchedConfig {
    /// The file, links resolved.
    path: Option<PathBuf>,
    reach: ConfigReach,
}

impl VouchedConfig {
    /// The mode that it asks for.
    pub fn mode(&self) -> Mode {
        self.reach.mode.unwrap_or_default()
    }
}

/// What calls are held to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FenceRules {
    /// Folders besides the working folder that files may lie in.
    pub roots: Vec<PathBuf>,
    /// The configuration at start.
    pub vouched: VouchedConfig,
}

/// What a call would come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FencedCall {
    /// What it would use beyond the configuration at start.
    pub beyond: Vec<String>,
    /// The mode of its scan; nothing where it begins none.
    pub mode: Option<Mode>,
    /// What is scanned in a mode that writes, where it is not the API that the user named.
    pub aim: String,
}

impl App {
    /// Reads what the user's own configuration reaches, for [`FenceRules`].
    pub fn vouch(&self) -> VouchedConfig {
        let Some(config) = self.own_config() else { return VouchedConfig::default() };
        // A configuration that cannot be read vouches for nothing.
        let reach = ConfigReach::of_file(&config).unwrap_or_default().with_env_file(&config);
        VouchedConfig { path: config.canonicalize().ok(), reach }
    }

    /// Looks at what a model names, and at what its call would use without naming it. Returns what of it the user has to
    /// agree to.
    ///
    /// # Errors
    /// [`AppError::Usage`] when a file lies outside of the folders, or cannot be looked at; [`AppError::Unknown`] for a
    /// finding that is not there.
    pub async fn fence(&self, named: &NamedByModel, rules: &FenceRules) -> Result<FencedCall, AppError> {
        let fence = FolderFence { app: self, rules };
        if let Some(source) = &named.source {
            fence.confine("source", &self.shared.folder.join(source))?;
        }
        // Most calls name nothing and begin nothing, and wait for a scan again and again: no file is read for them.
        if !named.scans && named.config.is_none() && named.target.is_none() {
            return Ok(FencedCall::default());
        }

        let earlier = self.find_earlier(named).await?;
        let reach = match self.find_config(named, &earlier) {
            Some(config) => fence.reach_of(&config)?,
            None => ConfigReach::default(),
        };
        let mut beyond = fence.beyond(&reach);
        let target = named.target.as_deref().or_else(|| earlier.base_url());
        if let Some(target) = target {
            beyond.extend(fence.target(target, &reach).await?);
        }
        beyond.dedup();

        let mode = named.mode.or_else(|| earlier.mode()).or(reach.mode).unwrap_or_default();
        let aim = match target {
            Some(target) if mode > Mode::Passive => fence.aim(target).await,
            _ => String::new(),
        };
        Ok(FencedCall { beyond, mode: named.scans.then_some(mode), aim })
    }

    /// The findings that a recheck is about; none for other calls.
    async fn find_earlier(&self, named: &NamedByModel) -> Result<WantedFinding, AppError> {
        let (recheck, recheck_scan) = (named.recheck.clone(), named.recheck_scan.clone());
        load_findings(self, &ScanRequest { recheck, recheck_scan, ..ScanRequest::default() }).await
    }

    /// The configuration that a call would use: the one that it names, that of the scan whose findings it rechecks, or
    /// the user's own.
    fn find_config(&self, named: &NamedByModel, earlier: &WantedFinding) -> Option<ConfigOfCall> {
        if let Some(path) = &named.config {
            return Some(ConfigOfCall { path: self.shared.folder.join(path), is_from_history: false });
        }
        if let Some(path) = earlier.config().filter(|path| path.is_file()) {
            return Some(ConfigOfCall { path: path.to_owned(), is_from_history: true });
        }
        self.own_config().map(|path| ConfigOfCall { path, is_from_history: false })
    }

    /// The configuration that a request uses when it names none.
    fn own_config(&self) -> Option<PathBuf> {
        let own = self.shared.config.as_ref().map(|path| self.shared.folder.join(path));
        own.or_else(|| Some(self.shared.folder.join("routewarden.toml"))).filter(|path| path.is_file())
    }
}

/// A configuration, and where its name comes from.
struct ConfigOfCall {
    path: PathBuf,
    /// The user may have scanned from anywhere with the command line.
    is_from_history: bool,
}

/// The folders that a model may name files in.
struct FolderFence<'a> {
    app: &'a App,
    rules: &'a FenceRules,
}

impl FolderFence<'_> {
    /// Reads what a configuration reaches, which must lie below the roots with every file that it names but for secrets:
    /// those the user is asked about. What the user named at start may lie where it does.
    fn reach_of(&self, config: &ConfigOfCall) -> Result<ConfigReach, AppError> {
        let vouched = &self.rules.vouched;
        // The user's own file by another path is still the user's own; a link that was put in its place is not.
        let is_own = vouched.path.as_ref().is_some_and(|own| config.path.canonicalize().is_ok_and(|real| real == *own));
        if !is_own && !config.is_from_history {
            self.confine("config", &config.path)?;
        }

        let reach = match ConfigReach::of_file(&config.path) {
            Ok(reach) => reach,
            // The scan reads the same file, and says on which line it is wrong.
            Err(_) if is_own => return Ok(ConfigReach::default()),
            Err(error) => return Err(AppError::Usage(error.to_string())),
        };
        if is_own || !config.is_from_history {
            for file in reach.files.difference(&vouched.reach.files) {
                self.confine("a file that this configuration names", file)?;
            }
        }
        Ok(reach)
    }

    /// What a configuration reaches beyond the one at start, in words.
    fn beyond(&self, reach: &ConfigReach) -> Vec<String> {
        let vouched = &self.rules.vouched.reach;
        // Where credentials are read, every new origin is a way to carry a token off.
        if reach.has_credentials() {
            return reach.beyond(vouched);
        }
        let scope = Scope::default();
        // Without one, a configuration can only ask more hosts than the user named, and loopback is open to every scan.
        // What is no address counts as away: a question too many is better than a request too many.
        let is_away = |origin: &&String| Url::parse(origin).map_or(true, |url| scope.permit(url).is_err());
        let origins = reach.origins.difference(&vouched.origins).filter(is_away);
        origins.map(|origin| format!("requests to {origin}")).collect()
    }

    /// A path must lie below the roots; credentials go only to an origin that the user named, or that their own document
    /// names where they named none.
    async fn target(&self, target: &str, reach: &ConfigReach) -> Result<Option<String>, AppError> {
        let is_url = target.starts_with("http://") || target.starts_with("https://");
        let path = self.app.shared.folder.join(target);
        if !is_url {
            self.confine("target", &path)?;
        }
        // A document decides nothing where the configuration says where requests go.
        if !reach.has_credentials() || (!is_url && reach.fixes_origin) {
            return Ok(None);
        }

        let origin = match find_origin(target) {
            Some(origin) => Some(origin),
            None => self.documented_origin(Some(&path)).await,
        };
        let Some(origin) = origin else { return Ok(None) };
        Ok((!self.is_named(&origin).await).then(|| format!("requests to {origin}")))
    }

    /// What a scan is aimed at, where it is not the API that the user named.
    async fn aim(&self, target: &str) -> String {
        match find_origin(target) {
            Some(origin) if self.is_named(&origin).await => String::new(),
            // Whatever path below it is named, it is one API.
            Some(origin) => origin,
            None => clean_name(target, 200),
        }
    }

    /// Whether the user named this origin at start: in the configuration, or by its document where it names none.
    async fn is_named(&self, origin: &str) -> bool {
        let vouched = &self.rules.vouched.reach;
        let is_documented = async || self.documented_origin(vouched.document.as_deref()).await;
        vouched.origins.contains(origin)
            || (!vouched.fixes_origin && is_documented().await.is_some_and(|documented| documented == origin))
    }

    /// The origin of the first server of a document, or of the one in the folder.
    async fn documented_origin(&self, document: Option<&Path>) -> Option<String> {
        let name = document.map(|path| path.display().to_string());
        // A document that cannot be read names no origin; the scan says what is wrong with it.
        let found = document::load(name.as_deref(), &self.app.shared.folder, &Scope::default(), None).await.ok()?;
        let server = Url::parse(&found.api.servers.first()?.url).ok()?;
        Origin::of(&server).ok().map(|origin| origin.to_string())
    }

    /// Refuses what lies, links resolved, in none of the folders.
    fn confine(&self, what: &str, path: &Path) -> Result<(), AppError> {
        // A link or `..` below the project could lead outside, so the resolved path decides.
        let real = path
            .canonicalize()
            .map_err(|error| AppError::Usage(format!("{what}: {} cannot be read ({error})", format_path(path))))?;
        let folders = self.rules.roots.iter().chain([&self.app.shared.folder]);

        if folders.filter_map(|folder| folder.canonicalize().ok()).any(|folder| real.starts_with(folder)) {
            return Ok(());
        }
        Err(AppError::Usage(format!(
            "{what}: {} lies outside of the folder that this server works in; the user can add its folder with `routewarden mcp --root DIR`",
            format_path(path)
        )))
    }
}

/// The origin of an address; a path has none.
fn find_origin(target: &str) -> Option<String> {
    let is_url = target.starts_with("http://") || target.starts_with("https://");
    let url = Url::parse(target).ok().filter(|_| is_url)?;
    Origin::of(&url).ok().map(|origin| origin.to_string())
}

fn format_path(path: &Path) -> String {
    clean_name(&path.display().to_string(), 200)
}
