//! Numbers that have the shape of others, versions, colours and addresses.

use crate::kit::codes::luhn_digit;
use crate::kit::draw::Draw;
use crate::kit::forms::{JSON, ORDINARY};
use crate::kit::kind::{Kind, kind};

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("order-number", "order number", &["order_number", "order_no", "reference"], ORDINARY, |d| {
            off_luhn(d, "4", 16)
        }),
        kind("number-without-issuer", "tracking number", &["tracking_number", "shipment"], ORDINARY, |d| {
            // Passes Luhn, and no issuer begins so (ISO/IEC 7812-1).
            let body = format!("9{}", d.digits(14));
            let last = luhn_digit(&body);
            format!("{body}{last}")
        }),
        kind("sample-card", "test card", &["card_number", "test_card", "number"], ORDINARY, |d| {
            d.pick(&["4111111111111111", "4242 4242 4242 4242", "5555-5555-5555-4444", "4111-1111-1111-1111"])
                .to_owned()
        }),
        kind("isbn-ean", "ISBN", &["isbn", "ean", "barcode", "gtin"], ORDINARY, |d| format!("978{}", d.digits(10))),
        kind("phone", "phone number", &["phone", "mobile", "fax"], ORDINARY, |d| {
            format!("+49 {} {}", d.between(150, 179), d.digits(8))
        }),
        kind("iban-bad-check", "sample IBAN", &["iban", "account"], ORDINARY, bad_iban),
        kind("hex-colour", "colour", &["color", "background", "accent", "fill"], ORDINARY, |d| {
            let n = d.pick(&[6, 8]);
            format!("#{}", d.hex(n))
        }),
        kind("mac-address", "MAC address", &["mac", "bssid", "hardware_address"], ORDINARY, |d| {
            d.bytes(6).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
        }),
        kind("ipv6-address", "address", &["ip", "remote_addr", "ipv6"], ORDINARY, |d| {
            let groups: Vec<String> = (0..6).map(|_| d.hex(4)).collect();
            format!("2001:db8:{}", groups.join(":"))
        }),
        kind("version-string", "version", &["version", "build", "release"], ORDINARY, |d| {
            format!("{}.{}.{}-rc.{}+{}.{}", d.below(9), d.below(50), d.below(20), d.below(9), d.digits(8), d.hex(12))
        }),
        kind("timestamps", "time", &["timestamp", "nonce", "iat", "exp"], ORDINARY, |d| {
            d.between(1_700_000_000_000, 1_790_000_000_000).to_string()
        }),
        kind("expires-in", "lifetime", &["expires_in", "token_ttl", "password_max_age_days"], JSON, |d| {
            d.between(60, 86_400).to_string()
        }),
        kind("coordinates", "place", &["location", "bbox"], ORDINARY, |d| {
            format!("{}.{},{}.{}", d.below(90), d.digits(14), d.below(180), d.digits(14))
        }),
    ]
}

/// A number of `n` digits that fails Luhn.
fn off_luhn(draw: &mut Draw, head: &str, n: usize) -> String {
    let body = format!("{head}{}", draw.digits(n - 1 - head.len()));
    let wrong = (luhn_digit(&body) + 1 + u32::try_from(draw.below(9)).unwrap_or(0)) % 10;
    format!("{body}{wrong}")
}

/// A German IBAN whose remainder by 97 is not 1 (ISO 13616).
fn bad_iban(draw: &mut Draw) -> String {
    let account = draw.digits(18);
    let check = 2 + draw.below(97);
    // "DE" is 1314 at the end; a remainder of 1 would be valid.
    let whole = format!("{account}1314{check:02}");
    let rest = whole.bytes().fold(0_u32, |rest, byte| (rest * 10 + u32::from(byte - b'0')) % 97);
    let check = if rest == 1 { (check + 1) % 100 } else { check };
    format!("DE{check:02}{account}")
}
