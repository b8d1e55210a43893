//! `routewarden init`: finds the API in this folder and writes `routewarden.toml`.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::config::{InitFacts, render_init};
use crate::remedy::{self, Framework};
use crate::spec;

use super::cx::CommandCx;
use super::exit::Exit;
use super::files;
use super::sign_in;

/// The name that every command looks for.
const FILE: &str = "routewarden.toml";
/// Documents beside the one that was taken that are named.
const MOST_OTHERS: usize = 5;

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// The API's folder [default: this one]
    pub folder: Option<PathBuf>,
    /// Replace a routewarden.toml that is there
    #[arg(long)]
    pub force: bool,
}

/// What was found in a folder.
#[derive(Debug, Default)]
struct FoundProject {
    /// What goes into the configuration.
    facts: InitFacts,
    /// Documents beside the one that was taken.
    others: Vec<PathBuf>,
    /// Operations of the document.
    n_operations: usize,
    /// What gave the framework away.
    framework_because: Option<String>,
}

/// Looks, writes, and says what comes next.
pub(super) fn run(cx: &CommandCx, args: &InitArgs) -> anyhow::Result<Exit> {
    let folder = args.folder.as_deref().unwrap_or(&cx.folder);
    let file = folder.join(FILE);

    // What lies there was written by a person: identities and suppressions would be lost.
    if file.exists() && !args.force {
        bail!("`{}` is there already and was left as it is; --force replaces it", file.display());
    }
    files::check_writable(&file)?;
    let found = inspect_folder(folder);
    cx.write(&file, render_init(&found.facts))?;
    cx.print(render_summary(&found, &file))?;

    Ok(Exit::Clean)
}

fn render_summary(found: &FoundProject, file: &Path) -> String {
    let facts = &found.facts;
    let document = facts.document.as_ref().map_or_else(
        || "none found; put its path or URL under `openapi` in [target]".to_owned(),
        |document| format!("{document} ({} operations)", found.n_operations),
    );
    let framework = match (&facts.framework, &found.framework_because) {
        (Some(name), Some(because)) => format!("{name} ({because})"),
        _ => "not recognised".to_owned(),
    };
    let wrote = file.display();
    let mut out = format!("document   {document}\n");

    for other in &found.others {
        out.push_str(&format!("also       {}\n", other.display()));
    }
    out.push_str(&format!("framework  {framework}\nwrote      {wrote}\n\n"));
    out.push_str("Next: start your API, set what the file asks for, then\n");
    out.push_str(&format!("  routewarden scan --config {wrote} --dry-run   # what would be sent; sends nothing\n"));
    out.push_str(&format!("  routewarden scan --config {wrote}\n"));

    out
}

/// What this folder holds. A document that cannot be read is named all the same: the scan says what is wrong with it.
fn inspect_folder(folder: &Path) -> FoundProject {
    let mut documents = spec::find_in_folder(folder).into_iter();
    let mut found = FoundProject::default();

    if let Some(first) = documents.next() {
        if let Ok(api) = spec::load_file(&first) {
            found.n_operations = api.operations.len();
            // A relative server is no address that requests can go to.
            found.facts.base_url = api.servers.iter().map(|server| &server.url).find(|url| is_absolute(url)).cloned();
            found.facts.scheme = sign_in::choose_scheme(&api);
        }
        found.facts.document = Some(relative_path(&first, folder).display().to_string());
    }

    found.others = documents.take(MOST_OTHERS).map(|path| relative_path(&path, folder)).collect();
    let recognised = remedy::recognise_framework(folder);

    if recognised.framework != Framework::Unknown {
        found.facts.framework = Some(recognised.framework.as_str().to_owned());
        found.facts.source = Some(".".to_owned());
        found.framework_because = Some(recognised.because);
    }
    found
}

fn is_absolute(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

fn relative_path(path: &Path, folder: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_path_buf()
}
