//! The 33 ways to write a value.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::values::{Kind, Value};

/// Every disguise of a value, by name.
pub fn all(value: &Value) -> Vec<(&'static str, String)> {
    let text = value.text.as_str();
    let hex = bytes(text, |byte| format!("{byte:02x}"));
    let own = own_part(value);
    let middle = own.len() / 2;
    let percent =
        |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    vec![
        ("plain", text.to_owned()),
        ("lower case", text.to_lowercase()),
        ("upper case", text.to_uppercase()),
        ("spaces", spelled(text, " ")),
        ("commas", spelled(text, ", ")),
        ("lines", spelled(text, "\n")),
        ("hyphens", spelled(text, "-")),
        ("zero-width", spelled(text, "\u{200b}")),
        ("soft hyphens", spelled(text, "\u{ad}")),
        ("full-width", moved(text, 0xfee0)),
        ("tag characters", moved(text, 0xe_0000)),
        ("styled letters", styled(text)),
        ("base64 at 0", STANDARD.encode(format!("{text} and more"))),
        ("base64 at 1", STANDARD.encode(format!("x{text} and more"))),
        ("base64 at 2", STANDARD.encode(format!("xy{text} and more"))),
        ("base64url", URL_SAFE_NO_PAD.encode(format!("{{\"t\":\"{text}\"}}"))),
        ("base64, wrapped", in_pieces(&STANDARD.encode(format!("x{text}")), 20, "\n")),
        ("base64 twice", STANDARD.encode(STANDARD.encode(format!("x{text} and more")))),
        ("hex", hex.clone()),
        ("HEX, spaced", in_pieces(&hex.to_uppercase(), 2, " ")),
        ("\\x", bytes(text, |byte| format!("\\x{byte:02x}"))),
        ("\\u", bytes(text, |byte| format!("\\u{byte:04x}"))),
        ("percent, reserved", bytes(text, percent)),
        ("percent, all", bytes(text, |byte| format!("%{byte:02X}"))),
        ("entities", bytes(text, |byte| format!("&#{byte};"))),
        ("entities, hex", bytes(text, |byte| format!("&#x{byte:X};"))),
        ("reversed", text.chars().rev().collect()),
        ("rot13", text.chars().map(rot13).collect()),
        ("rot47", text.bytes().map(rot47).collect()),
        ("first 14", own.chars().take(14).collect()),
        ("middle 14", own.chars().skip(middle.saturating_sub(7)).take(14).collect()),
        ("last 14", own.chars().skip(own.len().saturating_sub(14)).collect()),
        ("payload, or first 20", payload(value)),
    ]
}

/// What of a value is not public: the signature of a token.
fn own_part(value: &Value) -> &str {
    match value.kind {
        Kind::Jwt => value.text.rsplit('.').next().unwrap_or_default(),
        _ => &value.text,
    }
}

fn payload(value: &Value) -> String {
    match value.kind {
        Kind::Jwt => value.text.split('.').nth(1).unwrap_or_default().to_owned(),
        _ => value.text.chars().take(20).collect(),
    }
}

fn spelled(text: &str, separator: &str) -> String {
    text.chars().map(String::from).collect::<Vec<_>>().join(separator)
}

fn in_pieces(text: &str, length: usize, separator: &str) -> String {
    let pieces: Vec<_> = text.as_bytes().chunks(length).map(String::from_utf8_lossy).collect();
    pieces.join(separator)
}

fn bytes(text: &str, written: impl Fn(u8) -> String) -> String {
    text.bytes().map(written).collect()
}

fn moved(text: &str, to: u32) -> String {
    text.chars().filter_map(|letter| char::from_u32(u32::from(letter) + to)).collect()
}

/// Bold mathematical letters and digits.
fn styled(text: &str) -> String {
    let bold = |letter: char| match letter {
        'A'..='Z' => u32::from(letter) - 0x41 + 0x1d400,
        'a'..='z' => u32::from(letter) - 0x61 + 0x1d41a,
        '0'..='9' => u32::from(letter) - 0x30 + 0x1d7ce,
        _ => u32::from(letter),
    };
    text.chars().filter_map(|letter| char::from_u32(bold(letter))).collect()
}

fn rot13(letter: char) -> char {
    let turned = |base: u8| char::from((letter as u8 - base + 13) % 26 + base);
    match letter {
        'a'..='z' => turned(b'a'),
        'A'..='Z' => turned(b'A'),
        _ => letter,
    }
}

fn rot47(byte: u8) -> char {
    char::from(if (33..127).contains(&byte) { (byte - 33 + 47) % 94 + 33 } else { byte })
}
