//! How lines of the journal end that were not written whole.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

/// Ends a line that this process could write in part alone, so that it is no JSON even where only its end is missing.
pub(super) const CUT_LINE: &str = " (cut)\n";

/// Ends a line that was cut by the end of its process, so that the next one stands by itself.
pub(super) fn end_line(file: &mut File) -> std::io::Result<()> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0_u8; 1];
    file.read_exact(&mut last)?;

    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}
