//! The checksums and number systems that vendors put into tokens. Each names its source.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// CRC-32 as of ISO 3309 (zlib, GitHub, npm, GitLab, Grafana).
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}

/// CRC-24 of OpenPGP armour (RFC 4880 §6.1).
pub fn crc24(bytes: &[u8]) -> [u8; 3] {
    let sum = bytes.iter().fold(0x00B7_04CE_u32, |sum, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 16), |sum, _| {
            let shifted = sum << 1;
            if shifted & 0x0100_0000 == 0 { shifted } else { shifted ^ 0x0186_4CFB }
        })
    });
    let [_, a, b, c] = sum.to_be_bytes();
    [a, b, c]
}

/// A number in base 62, digits first, then capitals, filled with zeros to `width`.
pub fn base62(number: u32, width: usize) -> String {
    in_base(number, BASE62, width)
}

/// A number in base 36, filled with zeros to `width`.
pub fn base36(number: u32, width: usize) -> String {
    in_base(number, BASE36, width)
}

fn in_base(mut number: u32, digits: &[u8], width: usize) -> String {
    let base = u32::try_from(digits.len()).unwrap_or(10);
    let mut reversed = Vec::new();
    while number > 0 || reversed.len() < width {
        let digit = usize::try_from(number % base).unwrap_or(0);
        reversed.push(char::from(digits.get(digit).copied().unwrap_or(b'0')));
        number /= base;
    }
    reversed.iter().rev().collect()
}

/// Bech32 (BIP 173) of a human part in lower case and bytes; in lower case.
pub fn bech32(human: &str, bytes: &[u8]) -> String {
    let mut words = to_fives(bytes);
    let mut checked: Vec<u8> = human.bytes().map(|byte| byte >> 5).collect();
    checked.push(0);
    checked.extend(human.bytes().map(|byte| byte & 31));
    checked.extend(&words);
    checked.extend([0; 6]);
    let sum = polymod(&checked) ^ 1;
    words.extend((0..6).map(|at| u8::try_from((sum >> (5 * (5 - at))) & 31).unwrap_or(0)));
    let tail: String =
        words.iter().map(|word| char::from(BECH32.get(usize::from(*word)).copied().unwrap_or(b'q'))).collect();
    format!("{human}1{tail}")
}

fn to_fives(bytes: &[u8]) -> Vec<u8> {
    let (mut held, mut bits, mut fives) = (0_u32, 0, Vec::new());
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xFFFF;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            fives.push(u8::try_from((held >> bits) & 31).unwrap_or(0));
        }
    }
    if bits > 0 {
        fives.push(u8::try_from((held << (5 - bits)) & 31).unwrap_or(0));
    }
    fives
}

fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3];
    values.iter().fold(1, |sum: u32, value| {
        let top = sum >> 25;
        let next = (sum & 0x01FF_FFFF) << 5 ^ u32::from(*value);
        GENERATOR.iter().enumerate().fold(next, |sum, (at, it)| if (top >> at) & 1 == 1 { sum ^ it } else { sum })
    })
}

/// Lines of at most `width` characters, each with its line end.
pub fn wrap(text: &str, width: usize) -> String {
    let mut lines = String::new();
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % width == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines.push('\n');
    lines
}

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The last digit that makes a number pass Luhn (ISO/IEC 7812-1).
pub fn luhn_digit(number: &str) -> u32 {
    let sum: u32 = number
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { digit } else { (digit * 2) / 10 + (digit * 2) % 10 })
        .sum();
    (10 - sum % 10) % 10
}
