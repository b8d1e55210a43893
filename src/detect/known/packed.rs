//! Texts that stand packed in a text: gzip (RFC 1952) or zlib (RFC 1950) in base64. A bounded part of them is unpacked, since
//! a small one may hold a large one.

use std::io::Read;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use flate2::read::{GzDecoder, ZlibDecoder};

/// Longer runs are files.
const MAX_CODED_BYTES: usize = 64 * 1024;
/// So much is unpacked of one text.
const MAX_PLAIN_BYTES: usize = 1024 * 1024;
/// So many runs of one text are looked at.
const MAX_RUNS: usize = 64;
/// What base64 makes of the first bytes of gzip.
const GZIP: &[u8] = b"H4sI";

/// Calls back with every packed text, and the bytes in which it stands.
pub(super) fn visit_all(bytes: &[u8], found: &mut dyn FnMut(Range<usize>, &str)) {
    let (mut room, mut n_runs, mut at) = (MAX_PLAIN_BYTES, 0, 0);
    while room > 0
        && n_runs < MAX_RUNS
        && let Some(start) = find_next_run(bytes, at)
    {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| is_base64(**byte)).count();
        at = start + length.max(1);
        n_runs += 1;

        if length > MAX_CODED_BYTES {
            continue;
        }
        if let Some(plain) = unpack_run(rest.get(..length).unwrap_or_default(), room) {
            // All runs share one budget: many small ones may hold as much as one large one.
            room = room.saturating_sub(plain.len());
            found(start..start + length, &String::from_utf8_lossy(&plain));
        }
    }
}

/// Where a run begins that may be one.
fn find_next_run(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let start = at + rest.iter().position(|byte| matches!(byte, b'H' | b'e'))?;
        let run = bytes.get(start..)?;
        // 0x78 and 0x9c, 0x01, 0x5e or 0xda: the four levels of zlib, in base64.
        let is_zlib = matches!(
            run.get(..3),
            Some(
                [b'e', b'J', b'w'..=b'z']
                    | [b'e', b'A', b'E'..=b'H']
                    | [b'e', b'F', b'4'..=b'7']
                    | [b'e', b'N', b'o'..=b'r']
            )
        );
        let is_first = !start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|byte| is_base64(*byte));

        if is_first && (is_zlib || run.starts_with(GZIP)) {
            return Some(start);
        }
        at = start + 1;
    }
}

fn unpack_run(coded: &[u8], most: usize) -> Option<Vec<u8>> {
    let packed = STANDARD_NO_PAD.decode(coded).or_else(|_| URL_SAFE_NO_PAD.decode(coded)).ok()?;
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let mut plain = Vec::new();

    // What was unpacked before a fault counts as well.
    let _ = match coded.starts_with(GZIP) {
        true => GzDecoder::new(packed.as_slice()).take(most).read_to_end(&mut plain),
        false => ZlibDecoder::new(packed.as_slice()).take(most).read_to_end(&mut plain),
    };
    (!plain.is_empty()).then_some(plain)
}

/// Padding ends a run.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}
