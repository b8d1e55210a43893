//! `routewarden init`: finds the API in this folder and writes `routewarden.toml`.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::cx::Cx;
use super::exit::Exit;
use super::files;

/// The name that every command looks for.
const FILE: &str = "routewarden.toml";

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
#[derive(Debug)]
struct Found {
    /// The OpenAPI document, relative to the folder.
    document: Option<PathBuf>,
    /// The framework, and what gave it away.
    framework: Option<(String, String)>,
}

/// Looks, writes, and says what comes next.
pub(super) fn run(cx: &Cx, args: &InitArgs) -> anyhow::Result<Exit> {
    let folder = args.folder.as_deref().unwrap_or(&cx.folder);
    let file = folder.join(FILE);
    if file.exists() && !args.force {
        bail!("`{}` is there already and was left as it is; --force replaces it", file.display());
    }
    files::check_writable(&file)?;
    let found = look(folder)?;
    cx.write(&file, render(&found)?)?;
    cx.print(told(&found, &file))?;
    Ok(Exit::Clean)
}

fn told(found: &Found, file: &Path) -> String {
    let document = found.document.as_ref().map_or_else(
        || "none found; put its path or URL under `openapi` in [target]".to_owned(),
        |document| document.display().to_string(),
    );
    let framework = found
        .framework
        .as_ref()
        .map_or_else(|| "not recognised".to_owned(), |(name, because)| format!("{name} ({because})"));
    let wrote = file.display();
    format!(
        "document   {document}\nframework  {framework}\nwrote      {wrote}\n\n\
         Next: start your API, then\n  routewarden scan --config {wrote} --dry-run   # what would be sent\n  \
         routewarden scan --config {wrote}\n"
    )
}

/// What this folder holds.
fn look(folder: &Path) -> anyhow::Result<Found> {
    let _ = folder;
    bail!("init is not wired yet")
}

/// The configuration for what was found.
fn render(found: &Found) -> anyhow::Result<String> {
    let _ = found;
    bail!("init is not wired yet")
}
