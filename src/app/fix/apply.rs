//! Writes a patch into the user's files: only below the source folder, only over the very text that it was made for, and
//! not over work that is not committed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::App;
use super::patch::{self, Patch};
use crate::app::answers::{Fix, FixRequest};
use crate::app::error::AppError;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The change.
    pub fix: Fix,
    /// The files that were written, absolute.
    pub files: Vec<PathBuf>,
}

impl App {
    /// Makes the patch for findings and writes it.
    ///
    /// # Errors
    /// [`AppError::Usage`] where there is no patch, where a file is not as it was read, and where it has changes that are
    /// not committed, unless `force`; else as [`App::suggest_fix`].
    pub async fn apply_fix(&self, request: FixRequest, force: bool) -> Result<Applied, AppError> {
        let (mut fix, place) = self.advise(&request).await?;
        let Some((subject, source)) = place else {
            return Err(AppError::Usage("name a finding: a check alone has no handler to patch".to_owned()));
        };
        let with_test = request.with_test;
        let work = move || {
            let made = patch::build_for_findings(&subject.findings, &subject.report, &source, with_test);
            let files = write_patch(&made, force)?;
            Ok::<_, AppError>((made, files))
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(|error| AppError::Internal(error.to_string()))?;
        let (made, files) = done?;
        made.write_into(&mut fix);

        Ok(Applied { fix, files })
    }
}

/// Looks at every file first, so that either all are written or none.
fn write_patch(made: &Patch, force: bool) -> Result<Vec<PathBuf>, AppError> {
    if made.files.is_empty() {
        return Err(AppError::Usage(
            "nothing was written: there is no patch for your files; see the advice without --apply".to_owned(),
        ));
    }
    let mut paths = BTreeMap::new();

    for (file, text) in &made.files {
        let path = made.root.join(file);
        let original = made.originals.get(file).map(String::as_str).unwrap_or_default();
        ensure_replaceable(&made.root, &path, original, force)?;
        paths.insert(path, (text.as_str(), original));
    }

    write_all(&paths)?;
    Ok(paths.into_keys().collect())
}

/// Writes every file of `(new text, old text)`; where one cannot be written, those before it get their old text back.
fn write_all(files: &BTreeMap<PathBuf, (&str, &str)>) -> Result<(), AppError> {
    for (at, (path, (text, _))) in files.iter().enumerate() {
        let Err(error) = replace_file(path, text) else { continue };
        let mut fault = format!("nothing was written: {} cannot be written: {error}", path.display());

        for (path, (_, original)) in files.iter().take(at) {
            // A file that the patch made had no text before, and was not there.
            let undone = if original.is_empty() { fs::remove_file(path) } else { replace_file(path, original) };
            if let Err(error) = undone {
                fault =
                    format!("{fault}; {} has its new text already and could not be set back: {error}", path.display());
            }
        }
        return Err(AppError::Usage(fault));
    }
    Ok(())
}

fn ensure_replaceable(root: &Path, path: &Path, original: &str, force: bool) -> Result<(), AppError> {
    let fault = |why: &str| Err(AppError::Usage(format!("nothing was written: {} {why}", path.display())));
    let parent = path.parent().unwrap_or(root);

    // A link would carry the write out of the folder, or be replaced by a plain file.
    if !parent.canonicalize().is_ok_and(|parent| parent.starts_with(root)) || path.is_symlink() {
        return fault("lies outside of the source folder, or is a link");
    }
    // A file that the patch makes has no text on either side; one that cannot be read as text may be anything.
    let now = match fs::read_to_string(path) {
        Ok(now) => now,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return fault(&format!("cannot be read: {error}")),
    };

    if now != original {
        return fault("has changed while the patch was made; ask again");
    }
    if !force && is_dirty(path) {
        return fault("has changes that are not committed; commit or stash them, or pass --force");
    }
    Ok(())
}

/// Returns whether git knows changes of the file that are not committed. Without git, or outside of a repository, there is
/// nothing to lose track of.
fn is_dirty(path: &Path) -> bool {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return false };
    let asked = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["status", "--porcelain", "--untracked-files=no", "--"])
        .arg(name)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    asked.is_ok_and(|said| said.status.success() && !said.stdout.is_empty())
}

/// Writes beside the file and renames, so that a crash leaves the old text or the new one.
fn replace_file(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.routewarden-{:08x}", rand::random::<u32>()));
    let written = (|| {
        // `create_new` follows no link that another process may have put there.
        let mut file = fs::File::create_new(&beside)?;
        file.write_all(text.as_bytes())?;
        // The text must be on the disk before the name, or a crash could leave an empty file.
        file.sync_all()?;

        // A script must stay executable, and a private file private.
        if let Ok(known) = fs::metadata(path) {
            fs::set_permissions(&beside, known.permissions())?;
        }
        fs::rename(&beside, path)
    })();

    if written.is_err() {
        // The old text is whole; only the copy is of no use.
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_one_file_cannot_be_written_the_others_are_as_before() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.py"), "old")?;
        // A file's name cannot go over a folder that has something in it.
        fs::create_dir_all(at("c.py/inner"))?;
        let files =
            BTreeMap::from([(at("a.py"), ("new", "old")), (at("b.py"), ("made", "")), (at("c.py"), ("new", "old"))]);

        let fault = write_all(&files).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(fault.starts_with("nothing was written: ") && fault.contains("c.py"), "{fault}");
        assert_eq!(fs::read_to_string(at("a.py"))?, "old");
        assert!(!at("b.py").exists());
        assert_eq!(fs::read_dir(folder.path())?.count(), 2, "a copy was left behind");

        Ok(())
    }

    #[test]
    fn a_file_that_is_no_text_is_not_taken_for_a_missing_one() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().canonicalize()?;
        let path = root.join("test_new.py");
        assert!(ensure_replaceable(&root, &path, "", false).is_ok());

        fs::write(&path, [0xff, 0xfe, 0x00])?;
        let refused = ensure_replaceable(&root, &path, "", false);
        let fault = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(fault.contains("cannot be read"), "{fault}");

        Ok(())
    }
}
