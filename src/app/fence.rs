//! What an assistant's model may name: files below the project's folders, and no origin, variable or file of secrets
//! that the user did not name first. A prompt injection that reaches the model must not be able to carry a token off.

use std::path::{Path, PathBuf};

use url::Url;

use super::error::AppError;
use super::state::App;
use crate::config::ConfigReach;
use crate::model::{Origin, Scope, clean_name};

/// What a call names beside its subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedByModel {
    /// A configuration file.
    pub config: Option<String>,
    /// A document or an address.
    pub target: Option<String>,
    /// A source tree.
    pub source: Option<String>,
}

impl App {
    /// Looks at what a model names, and returns what of it the user has to agree to; nothing where the configuration in
    /// force names the same. `roots` are the folders that files may lie in; the working folder is always one.
    ///
    /// # Errors
    /// [`AppError::Usage`] when a file lies outside of the roots, or cannot be looked at.
    pub fn fence(&self, named: &NamedByModel, roots: &[PathBuf]) -> Result<Vec<String>, AppError> {
        // Most calls name nothing, and wait for a scan again and again: no file is read for them.
        if *named == NamedByModel::default() {
            return Ok(Vec::new());
        }
        let fence = FolderFence { app: self, roots };
        let own = self.own_config();
        let in_force = match &own {
            // A configuration that cannot be read vouches for nothing.
            Some(path) => ConfigReach::of_file(path).unwrap_or_default(),
            None => ConfigReach::default(),
        };
        let config = named.config.as_deref().map(|path| self.shared.folder.join(path));
        // The user's own file by another path is still the user's own.
        let is_own = |path: &PathBuf| own.as_deref().is_some_and(|own| same_file(own, path));
        let reach = match config.filter(|path| !is_own(path)) {
            Some(path) => fence.reach_of(&path)?,
            None => in_force.clone(),
        };
        if let Some(source) = &named.source {
            fence.confine("source", &self.shared.folder.join(source))?;
        }

        // Where credentials are read, every new origin is a way to carry a token off.
        let mut asked = if reach.has_credentials() { reach.beyond(&in_force) } else { off_loopback(&reach, &in_force) };

        if let Some(target) = &named.target {
            asked.extend(fence.target(target, &reach, &in_force)?);
        }
        asked.dedup();
        Ok(asked)
    }

    /// The configuration that a request uses when it names none; it is the user's.
    fn own_config(&self) -> Option<PathBuf> {
        let own = self.shared.config.as_ref().map(|path| self.shared.folder.join(path));
        own.or_else(|| Some(self.shared.folder.join("routewarden.toml"))).filter(|path| path.is_file())
    }
}

/// The folders that a model may name files in.
struct FolderFence<'a> {
    app: &'a App,
    roots: &'a [PathBuf],
}

impl FolderFence<'_> {
    /// Reads what a configuration reaches, which must lie below the roots with every file that it names but for secrets:
    /// those the user is asked about.
    fn reach_of(&self, config: &Path) -> Result<ConfigReach, AppError> {
        self.confine("config", config)?;
        let reach = ConfigReach::of_file(config).map_err(|error| AppError::Usage(error.to_string()))?;

        for file in &reach.files {
            self.confine("a file that this configuration names", file)?;
        }
        Ok(reach)
    }

    /// A path must lie below the roots; an address must be one that the user named, where credentials go there.
    fn target(&self, target: &str, reach: &ConfigReach, in_force: &ConfigReach) -> Result<Vec<String>, AppError> {
        let is_url = target.starts_with("http://") || target.starts_with("https://");
        if !is_url {
            self.confine("target", &self.app.shared.folder.join(target))?;
            return Ok(Vec::new());
        }
        let origin = Url::parse(target).ok().and_then(|url| Origin::of(&url).ok()).map(|origin| origin.to_string());

        // Where the user's configuration names no address at all, the one of the call is the only one there is.
        let is_own = reach.beyond(in_force).is_empty();
        let is_free = !reach.has_credentials() || (in_force.origins.is_empty() && is_own);
        Ok(origin
            .filter(|origin| !is_free && !in_force.origins.contains(origin))
            .map(|origin| format!("requests to {origin}"))
            .into_iter()
            .collect())
    }

    /// Refuses what lies, links resolved, in none of the folders.
    fn confine(&self, what: &str, path: &Path) -> Result<(), AppError> {
        // A link or `..` below the project could lead outside, so the resolved path decides.
        let real = path
            .canonicalize()
            .map_err(|error| AppError::Usage(format!("{what}: {} cannot be read ({error})", format_path(path))))?;
        let folders = self.roots.iter().chain([&self.app.shared.folder]);

        if folders.filter_map(|folder| folder.canonicalize().ok()).any(|folder| real.starts_with(folder)) {
            return Ok(());
        }
        Err(AppError::Usage(format!(
            "{what}: {} lies outside of the folder that this server works in; the user can add its folder with `routewarden mcp --root DIR`",
            format_path(path)
        )))
    }
}

/// Without a credential a configuration can only ask more hosts than the user named; loopback is open to every scan.
fn off_loopback(reach: &ConfigReach, in_force: &ConfigReach) -> Vec<String> {
    let scope = Scope::default();
    // What is no address counts as away: a question too many is better than a request too many.
    let is_away = |origin: &&String| Url::parse(origin).map_or(true, |url| scope.permit(url).is_err());
    reach.origins.difference(&in_force.origins).filter(is_away).map(|origin| format!("requests to {origin}")).collect()
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn format_path(path: &Path) -> String {
    clean_name(&path.display().to_string(), 200)
}
