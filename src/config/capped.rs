//! Reads the files that a configuration names, up to a limit.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use thiserror::Error;

/// Why a file that the configuration names is not read.
#[derive(Debug, Error)]
pub(super) enum FileUnread {
    #[error(transparent)]
    System(#[from] std::io::Error),
    #[error("not a regular file")]
    NotRegular,
    /// The most bytes that are read.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    #[error("not UTF-8")]
    NotUtf8,
}

/// Reads a regular file of at most so many bytes.
pub(super) fn read_capped(path: &Path, max_bytes: u64) -> Result<String, FileUnread> {
    let metadata = std::fs::metadata(path)?;
    // A pipe or device could block the start, or never end.
    if !metadata.is_file() {
        return Err(FileUnread::NotRegular);
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    // One byte more than the limit shows that there is more; the size of the metadata may be out of date.
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;

    if bytes.len() as u64 > max_bytes {
        return Err(FileUnread::TooLarge(max_bytes));
    }
    String::from_utf8(bytes).map_err(|_| FileUnread::NotUtf8)
}
