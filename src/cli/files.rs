//! Writing files whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Looks whether a report can be written there, before a scan is spent on it.
///
/// # Errors
/// When the folder does not exist, or the path is a folder.
pub(super) fn check_writable(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        bail!("`{}` is a folder; name a file in it", path.display());
    }
    let folder = folder_of(path);

    if !folder.is_dir() {
        bail!("the folder `{}` does not exist, so `{}` cannot be written", folder.display(), path.display());
    }
    Ok(())
}

/// Writes beside the file and renames, so that a reader never sees half a report. Devices and pipes are written
/// straight, as there is nothing to rename.
///
/// # Errors
/// When `fill` fails or the disk does not take it; the file is as before then.
pub(super) fn write_whole(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> anyhow::Result<()> {
    let failed = || format!("`{}` cannot be written", path.display());
    // A link stays a link: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());

    if target.exists() && !target.is_file() {
        return File::create(&target).and_then(|mut file| fill(&mut file)).with_context(failed);
    }
    let partial = partial_of(&target);
    let written = write_synced(&partial, fill).and_then(|()| fs::rename(&partial, &target));

    if written.is_err() {
        // What is left of the attempt is of no use to anybody.
        let _ = fs::remove_file(&partial);
    }
    written.with_context(failed)
}

fn write_synced(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    // `create_new` follows no link that another process may have put there.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    fill(&mut file)?;
    file.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn partial_of(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{:016x}.partial", rand::random::<u64>()))
}
