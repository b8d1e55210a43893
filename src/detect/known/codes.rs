//! What a value is in rarer encodings, as far as it does not depend on what stands around it: base32, base85, UTF-16 within
//! base64 or hex, and base64 read backwards.

use super::Transformation;

/// RFC 4648 §6 and §7; either in any case.
const BASE32: [&[u8; 32]; 2] = [b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV"];
/// Ascii85 as PostScript has it, RFC 1924, and Z85 of ZeroMQ.
const BASE85: [&[u8; 85]; 3] = [
    b"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu",
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
];

/// One way to write a value.
pub(super) struct Code {
    pub bytes: Vec<u8>,
    /// Whether capital letters matter.
    pub exact: bool,
    pub transformation: Transformation,
}

/// All of them. `base64`: the parts of the base64 of a text that holds these bytes which depend on them alone.
pub(super) fn encodings_of(value: &str, base64: fn(&[u8]) -> Vec<Vec<u8>>) -> Vec<Code> {
    let code = |exact, transformation| move |bytes| Code { bytes, exact, transformation };
    let mut codes: Vec<Code> = Vec::new();
    codes.extend(base32_cores(value.as_bytes()).into_iter().map(code(false, Transformation::Base32)));
    codes.extend(base85_cores(value.as_bytes()).into_iter().map(code(true, Transformation::Base85)));
    // Read backwards is either the code itself or the text before it was coded.
    let backwards = base64(value.as_bytes()).into_iter().map(|core| core.into_iter().rev().collect());
    codes.extend(backwards.map(code(true, Transformation::ReversedBase64)));
    let reversed: String = value.chars().rev().collect();
    codes.extend(base64(reversed.as_bytes()).into_iter().map(code(true, Transformation::ReversedBase64)));

    // Beyond ASCII there are no zeros between the characters, and the two byte orders have nothing in common.
    if value.is_ascii() {
        let wide = utf16_bytes(value.as_bytes());
        codes.extend(base64(&wide).into_iter().map(code(true, Transformation::Utf16)));
        let hex: String = wide.iter().map(|byte| format!("{byte:02x}")).collect();
        codes.push(code(false, Transformation::Utf16)(hex.into_bytes()));
    }

    codes
}

/// What UTF-16 of either order makes of ASCII, without the zero at its end or beginning.
fn utf16_bytes(value: &[u8]) -> Vec<u8> {
    let mut wide: Vec<u8> = value.iter().flat_map(|byte| [*byte, 0]).collect();
    wide.pop();
    wide
}

/// For every length of what stands before, modulo 5.
fn base32_cores(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cores = Vec::new();
    for alphabet in BASE32 {
        for before in 0..5 {
            let bit = |at: usize| {
                let byte = (at / 8).checked_sub(before).and_then(|at| value.get(at)).copied().unwrap_or_default();
                byte >> (7 - at % 8) & 1
            };
            // Digits at both ends mix in bits of the neighbours; those in between depend on the value alone.
            let digits = (before * 8).div_ceil(5)..(before + value.len()) * 8 / 5;
            let digit = |number: usize| (0..5).fold(0, |digit, at| digit << 1 | bit(number * 5 + at));
            cores.push(digits.filter_map(|number| alphabet.get(usize::from(digit(number)))).copied().collect());
        }
    }

    cores
}

/// For every length of what stands before, modulo 4: the whole groups of the value.
fn base85_cores(value: &[u8]) -> Vec<Vec<u8>> {
    let mut cores = Vec::new();
    for alphabet in BASE85 {
        for skipped in 0..4 {
            let groups = value.get(skipped..).unwrap_or_default().as_chunks::<4>().0;
            let digits = groups.iter().flat_map(|group| {
                let group = u32::from_be_bytes(*group);
                [52_200_625, 614_125, 7_225, 85, 1].map(|place| (group / place % 85) as usize)
            });
            cores.push(digits.filter_map(|digit| alphabet.get(digit)).copied().collect());
        }
    }

    cores
}
