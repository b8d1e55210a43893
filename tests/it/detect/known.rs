//! Known values in every disguise of the catalogue, and what resembles them without being them.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use routewarden::detect::known::{KnownFinder, KnownHit, Needle, Transformation as T};
use routewarden::model::Secret;

const OPAQUE: &str = "gx7Qm2vT9pLw4ZrK8sYd1HfNc6JbUa3E";
const CANARY: &str = "k5q7zr2mwx3vnd4hj6tbycpf2a";
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

fn jwt_of(claims: &str, signature: &str) -> String {
    format!("{HEADER}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims))
}

fn jwt() -> String {
    let claims = r#"{"sub":"auth0|5f7c8ec7c33c6c004bbafe82","name":"alice","role":"user","iss":"https://auth.shop.test/","iat":1762923681}"#;
    jwt_of(claims, "7VLs9YhnQS5sQAkpWGGQXA0bull2mbIr6F4JKue0X5g")
}

fn find(value: &str, text: &str) -> Vec<KnownHit> {
    let needle = Needle { name: "ALICE_TOKEN".to_owned(), value: Secret::new(value) };
    KnownFinder::new(&[needle]).find(text)
}

fn spelled(value: &str, separator: &str) -> String {
    value.chars().map(String::from).collect::<Vec<_>>().join(separator)
}

fn in_pieces(value: &str, length: usize, separator: &str) -> String {
    let pieces: Vec<&str> = value.as_bytes().chunks(length).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    pieces.join(separator)
}

fn each_byte(value: &str, written: impl Fn(u8) -> String) -> String {
    value.bytes().map(written).collect()
}

fn moved(value: &str, to: u32) -> String {
    value.chars().map(|character| char::from_u32(u32::from(character) + to).unwrap()).collect()
}

fn rot13(value: &str) -> String {
    let letter = |c: char, base: u8| char::from((c as u8 - base + 13) % 26 + base);
    let turned = |c: char| match c {
        'a'..='z' => letter(c, b'a'),
        'A'..='Z' => letter(c, b'A'),
        _ => c,
    };
    value.chars().map(turned).collect()
}

fn rot47(value: &str) -> String {
    value.bytes().map(|byte| char::from((byte - 33 + 47) % 94 + 33)).collect()
}

fn base64_at(value: &str, before: &str) -> String {
    STANDARD.encode(format!("{before}{value} and more"))
}

/// Digits of a radix for groups of bits (base32) of a text that begins with `before`.
fn base32_at(value: &str, before: &str) -> String {
    let text = format!("{before}{value} and more");
    let bits: Vec<u8> = text.bytes().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let digit = |five: &[u8]| five.iter().fold(0, |digit, bit| digit << 1 | usize::from(*bit));
    bits.chunks_exact(5).map(|five| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[digit(five)])).collect()
}

/// Ascii85 of a text that begins with `before`.
fn ascii85_at(value: &str, before: &str) -> String {
    let text = format!("{before}{value} and more");
    let digits = |group: &[u8]| {
        let mut number = group.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let mut digits = Vec::new();
        for _ in 0..5 {
            digits.push(char::from(b'!' + (number % 85) as u8));
            number /= 85;
        }
        digits.into_iter().rev().collect::<String>()
    };
    text.as_bytes().chunks_exact(4).map(digits).collect()
}

fn utf16(value: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("x{value}y").encode_utf16().flat_map(order).collect()
}

fn packed(value: &str) -> (String, [String; 3]) {
    // Repeated, so that it is not stored as it is.
    let text = format!("{{\"token\":\"{value}\",\"more\":\"of it\"}}").repeat(8);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    // Each level has a header of its own.
    let zlib = [1, 6, 9].map(|level| {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
        zlib.write_all(text.as_bytes()).unwrap();
        URL_SAFE_NO_PAD.encode(zlib.finish().unwrap())
    });
    (STANDARD.encode(gzip.finish().unwrap()), zlib)
}

/// All disguises of a whole value.
fn disguises(value: &str) -> Vec<(&'static str, T, String)> {
    let hex = each_byte(value, |byte| format!("{byte:02x}"));
    let named = value.replace('.', "&period;").replace('_', "&lowbar;").replace('-', "&hyphen;");
    let mut all = vec![
        ("plain", T::Plain, value.to_owned()),
        ("in JSON", T::Plain, serde_json::json!({ "answer": value }).to_string()),
        ("spaced", T::Spaced, spelled(value, " ")),
        ("commas", T::Spaced, spelled(value, ", ")),
        ("lines", T::Spaced, spelled(value, "\n")),
        ("hyphens", T::Spaced, spelled(value, "-")),
        ("hyphens and spaces", T::Spaced, spelled(value, " - ")),
        ("pieces of four", T::Spaced, in_pieces(value, 4, " ")),
        ("hyphenated pieces", T::Spaced, in_pieces(value, 4, "-")),
        ("quoted characters", T::Spaced, format!("[\"{}\"]", spelled(value, "\",\""))),
        ("a table", T::Spaced, format!("| {} |", spelled(value, " | "))),
        ("zero-width space", T::Invisible, spelled(value, "\u{200b}")),
        ("zero-width joiner", T::Invisible, spelled(value, "\u{200d}")),
        ("word joiner", T::Invisible, spelled(value, "\u{2060}")),
        ("soft hyphen", T::Invisible, spelled(value, "\u{ad}")),
        ("full-width", T::FullWidth, moved(value, 0xfee0)),
        ("tag characters", T::Tags, moved(value, 0xe_0000)),
        ("reversed", T::Reversed, value.chars().rev().collect()),
        ("rot13", T::Rot13, rot13(value)),
        ("rot47", T::Rot47, rot47(value)),
        ("hex", T::Hex, hex.clone()),
        ("HEX", T::Hex, hex.to_uppercase()),
        ("HEX spaced", T::Hex, in_pieces(&hex.to_uppercase(), 2, " ")),
        ("hex with colons", T::Hex, in_pieces(&hex, 2, ":")),
        ("hex with 0x", T::Hex, each_byte(value, |byte| format!("0x{byte:02x}, "))),
        ("\\x", T::Escaped, each_byte(value, |byte| format!("\\x{byte:02X}"))),
        ("\\u", T::Escaped, each_byte(value, |byte| format!("\\u{byte:04x}"))),
        ("\\u{}", T::Escaped, each_byte(value, |byte| format!("\\u{{{byte:x}}}"))),
        ("\\u within JSON", T::Escaped, each_byte(value, |byte| format!("\\\\u{byte:04x}"))),
        ("percent", T::Percent, each_byte(value, |byte| format!("%{byte:02X}"))),
        ("percent twice", T::Percent, each_byte(value, |byte| format!("%25{byte:02x}"))),
        ("decimal entities", T::Html, each_byte(value, |byte| format!("&#{byte};"))),
        ("hex entities", T::Html, each_byte(value, |byte| format!("&#x{byte:X};"))),
        ("entities without semicolon", T::Html, each_byte(value, |byte| format!("&#{byte}"))),
        ("base64 at 0", T::Base64, base64_at(value, "")),
        ("base64 at 1", T::Base64, base64_at(value, "x")),
        ("base64 at 2", T::Base64, base64_at(value, "xy")),
        ("base64url", T::Base64, URL_SAFE_NO_PAD.encode(format!("{{\"t\":\"{value}\"}}"))),
        ("base64 wrapped", T::Base64, in_pieces(&base64_at(value, "xy"), 20, "\n")),
        ("base64 wrapped in JSON", T::Base64, in_pieces(&base64_at(value, "x"), 76, "\\n")),
        ("base64 twice", T::DoubleBase64, STANDARD.encode(base64_at(value, "x"))),
        ("base64 twice, wrapped", T::DoubleBase64, in_pieces(&STANDARD.encode(base64_at(value, "xy")), 64, "\r\n")),
    ];
    let (gzip, [fast, zlib, best]) = packed(value);
    let of_utf16 = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let backwards = |text: String| text.chars().rev().collect::<String>();
    all.extend([
        ("base32 at 0", T::Base32, base32_at(value, "")),
        ("base32 at 3, lower case", T::Base32, base32_at(value, "xyz").to_lowercase()),
        ("base32 wrapped", T::Base32, in_pieces(&base32_at(value, "x"), 8, " ")),
        ("ascii85 at 0", T::Base85, ascii85_at(value, "")),
        ("ascii85 at 1", T::Base85, ascii85_at(value, "x")),
        ("base64 backwards", T::ReversedBase64, backwards(base64_at(value, "x"))),
        ("base64 of it backwards", T::ReversedBase64, base64_at(&backwards(value.to_owned()), "xy")),
        ("utf-16 as bytes", T::Spaced, spelled(value, "\0")),
        ("utf-16 as bytes in JSON", T::Escaped, spelled(value, "\\u0000")),
        ("utf-16le in base64", T::Utf16, STANDARD.encode(utf16(value, u16::to_le_bytes))),
        ("utf-16be in base64", T::Utf16, STANDARD.encode(utf16(value, u16::to_be_bytes))),
        ("utf-16le in hex", T::Utf16, of_utf16(&utf16(value, u16::to_le_bytes))),
        ("utf-16be in hex", T::Utf16, of_utf16(&utf16(value, u16::to_be_bytes))),
        ("gzip in base64", T::Packed, gzip),
        ("zlib in base64", T::Packed, zlib),
        ("zlib in base64, fast", T::Packed, fast),
        ("zlib in base64, best", T::Packed, best),
    ]);
    if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        all.push(("lower case", T::Case, value.to_lowercase()));
    }
    all.push(("upper case", T::Case, value.to_uppercase()));
    if named != value {
        all.push(("named entities", T::Html, named));
    }
    all
}

#[test]
fn every_disguise_of_every_kind_of_value_is_found_and_named() {
    let mut missed = Vec::new();
    for value in [jwt(), OPAQUE.to_owned(), CANARY.to_owned()] {
        for (name, transformation, disguised) in disguises(&value) {
            let text = format!("Sure, here it is: {disguised} -- hope that helps");
            let hits = find(&value, &text);
            let start = text.find(&disguised).unwrap();
            let place = start..start + disguised.len();
            let right = hits.iter().any(|hit| {
                hit.whole
                    && hit.transformation == transformation
                    && hit.run == value.len()
                    && hit.range.start >= place.start
                    && hit.range.end <= place.end
            });
            if !right || hits.len() != 1 {
                missed.push(format!("{:.8}… {name}: {hits:?}, wanted {transformation:?} in {place:?}", value));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn parts_of_twelve_characters_and_more_are_found() {
    let jwt = jwt();
    let signature = jwt.rsplit('.').next().unwrap().to_owned();
    for (value, secret) in [(jwt.as_str(), signature.as_str()), (OPAQUE, OPAQUE), (CANARY, CANARY)] {
        let middle = secret.len() / 2 - 6;
        let parts = [&secret[..12], &secret[..16], &secret[secret.len() - 12..], &secret[middle..middle + 14]];
        for part in parts {
            for text in [format!("It begins with {part}..."), format!("({})", spelled(part, " "))] {
                let hits = find(value, &text);
                assert_eq!(hits.len(), 1, "{part} of {value} in {text}");
                assert_eq!(
                    (hits[0].run, hits[0].whole, hits[0].transformation),
                    (part.len(), false, T::Part),
                    "{text}"
                );
            }
        }
        assert_eq!(find(value, &format!("It begins with {}...", &secret[..11])), []);
        assert_eq!(find(value, &format!("{}…{}", &secret[..4], &secret[secret.len() - 4..])), []);
    }
}

#[test]
fn payload_and_signature_give_a_token_away_and_its_header_does_not() {
    let jwt = jwt();
    let parts: Vec<&str> = jwt.split('.').collect();
    for part in [parts[1], parts[2], &parts[1].to_lowercase(), &parts[1][..60]] {
        let hits = find(&jwt, &format!("the token says {part} or so"));
        assert_eq!(hits.len(), 1, "{part}");
        assert_eq!((hits[0].transformation, hits[0].whole, hits[0].run), (T::Part, false, part.len()));
    }
    assert_eq!(find(&jwt, &format!("the header is {HEADER}")), []);
    assert_eq!(find(&jwt, &format!("the header is {HEADER}.")), []);
}

#[test]
fn other_tokens_are_not_taken_for_the_known_one() {
    let jwt = jwt();
    let signature = "k3Jd8sQw1Zx9Vb6Nm2Lp0Rt5Yh7Ug4Fa-Ec_OiWqXzT";
    let claims = [
        // Of somebody else.
        r#"{"sub":"auth0|9a1b2c3d4e5f60718293a4b5","name":"bobby","role":"user","iss":"https://auth.shop.test/","iat":1762923699}"#,
        // The same person's next one.
        r#"{"sub":"auth0|5f7c8ec7c33c6c004bbafe82","name":"alice","role":"user","iss":"https://auth.shop.test/","iat":1762927281}"#,
        r#"{"iss":"https://auth.shop.test/","iat":1762923681}"#,
    ];
    for claims in claims {
        let other = jwt_of(claims, signature);
        for text in [other.clone(), spelled(&other, " "), STANDARD.encode(&other), other.replace('.', "%2E")] {
            assert_eq!(find(&jwt, &text), [], "{text}");
        }
    }
}

#[test]
fn nothing_is_found_in_noise() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = vec![0u8; 600_000];
    for byte in &mut bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = (state >> 56) as u8;
    }
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let prose = "the quick brown fox, the lazy dog, and a session token that nobody knows; ".repeat(4000);
    for value in [jwt(), OPAQUE.to_owned(), CANARY.to_owned()] {
        for text in [&STANDARD.encode(&bytes), &hex, &prose] {
            assert_eq!(find(&value, text), []);
        }
    }
}

#[test]
fn a_bounded_part_of_what_is_packed_is_unpacked() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..16 {
        gzip.write_all(&[b'a'; 1 << 20]).unwrap();
    }
    gzip.write_all(OPAQUE.as_bytes()).unwrap();
    let bomb = STANDARD.encode(gzip.finish().unwrap());
    let (small, _) = packed(OPAQUE);
    assert_eq!(find(OPAQUE, &bomb), []);
    // What stands before it is found all the same.
    assert_eq!(find(OPAQUE, &format!("{small} {bomb}")).len(), 1);
}

#[test]
fn what_is_public_in_a_key_does_not_count() {
    let key = format!("sk-ant-{}-{}", "api03", OPAQUE);
    assert_eq!(find(&key, &format!("keys begin with sk-ant-{}-, as everybody knows", "api03")), []);
    assert_eq!(find(&key, &format!("sk-ant-{}-gx7Q is cut off", "api03")), []);
    assert_eq!(find(&key, &format!("sk-ant-{}-gx7Qm2vT9pLw is not", "api03"))[0].run, 25);
}

#[test]
fn several_values_and_places_are_told_apart() {
    let needles = [("A", OPAQUE), ("canary 1", CANARY)]
        .map(|(name, value)| Needle { name: name.to_owned(), value: Secret::new(value) });
    let text = format!("{CANARY} {OPAQUE} {}", rot13(CANARY));
    let hits = KnownFinder::new(&needles).find(&text);
    let found: Vec<_> = hits.iter().map(|hit| (hit.needle, hit.transformation, &text[hit.range.clone()])).collect();
    assert_eq!(found, [(1, T::Plain, CANARY), (0, T::Plain, OPAQUE), (1, T::Rot13, rot13(CANARY).as_str())]);
}

#[test]
fn short_values_and_empty_texts_are_no_fault() {
    assert_eq!(find("hunter2", "hunter2"), []);
    assert_eq!(find("", ""), []);
    assert_eq!(find(OPAQUE, ""), []);
    let many = format!("{OPAQUE} ").repeat(2000);
    assert_eq!(find(OPAQUE, &many).len(), 256);
}

#[test]
fn a_value_of_fewer_than_twenty_characters_counts_letter_for_letter_alone() {
    let value = "Vq4-mT9xKp2Lw";
    for exact in [
        value.to_owned(),
        format!("{{\"t\":\"{value}\"}}"),
        value.replace('-', "%2d"),
        each_byte(value, |byte| format!("\\u{byte:04x}")),
        each_byte(value, |byte| format!("{byte:02x}")),
        base64_at(value, "xy"),
        STANDARD.encode(base64_at(value, "x")),
    ] {
        let hits = find(value, &format!("it is {exact} indeed"));
        assert!(hits.len() == 1 && hits[0].whole, "{exact}: {hits:?}");
    }
    for other in [
        value.to_lowercase(),
        value.chars().rev().collect(),
        rot13(value),
        rot47(value),
        spelled(value, " "),
        spelled(value, "\u{200b}"),
        value.replace('-', "\n"),
        value[..12].to_owned(),
    ] {
        assert_eq!(find(value, &format!("it is {other} indeed")), [], "{other}");
    }
    // Everybody's text.
    assert_eq!(find("000000000000", "id 000000000000"), []);
}

#[test]
fn what_two_values_have_in_common_tells_neither() {
    let values = ["demo-session-token-of-alice-0017", "demo-session-token-of-bob-000352"];
    let needles = values.map(|value| Needle { name: value.to_owned(), value: Secret::new(value) });
    let finder = KnownFinder::new(&needles);
    assert_eq!(finder.find("see demo-session-token-of-carol-00871"), []);
    let hits = finder.find(&format!("see {}", values[1]));
    assert_eq!(hits.iter().map(|hit| (hit.needle, hit.whole)).collect::<Vec<_>>(), [(1, true)]);
    // One that holds the other shares nothing with a stranger.
    let nested = [OPAQUE.to_owned(), format!("{OPAQUE}.{CANARY}")];
    let needles = nested.map(|value| Needle { name: value.clone(), value: Secret::new(value) });
    assert_ne!(KnownFinder::new(&needles).find(&OPAQUE[4..24]), []);
}

#[test]
fn neighbours_of_an_identifier_are_not_taken_for_it() {
    for (value, neighbour) in [
        // The same machine and the same minute.
        ("c232ab00-9414-11ec-b3c8-9f6bdeced846", "c2330d9c-9414-11ec-b3c8-9f6bdeced846"),
        ("65a1f0c29b3e4d7f8a6c0b11", "65a1f0c29b3e4d7f8a6c0b12"),
    ] {
        assert_eq!(find(value, &format!("id {neighbour}")), []);
        assert!(find(value, &format!("id {value}"))[0].whole);
    }
    let random = "7d44b0f2-9c1e-4a53-8f06-2b9d5e7c1a38";
    assert_eq!(find(random, &random[9..30])[0].run, 21);
}

#[test]
fn a_payload_that_may_be_anybodys_counts_only_with_its_signature() {
    let signature = "7VLs9YhnQS5sQAkpWGGQXA0bull2mbIr6F4JKue0X5g";
    let common = jwt_of(r#"{"role":"user","iss":"https://auth.shop.test/"}"#, signature);
    let other = common.replace(signature, "k3Jd8sQw1Zx9Vb6Nm2Lp0Rt5Yh7Ug4Fa-Ec_OiWqXzT");
    assert_eq!(find(&common, &other), []);
    assert_eq!(find(&common, &common).len(), 1);
}

/// The example `disguises` does the same with 100 MB.
#[test]
fn every_disguise_is_found_in_other_text_and_nothing_else() {
    let values = [jwt(), OPAQUE.to_owned(), CANARY.to_owned()];
    let mut state = 7_u64;
    let mut draw = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let mut text = String::new();
    while text.len() < 8_000 {
        let (id, day, word) = (draw(1_000_000), draw(28), ["order", "Zürich", "so – on", "100%"][draw(4)]);
        text.push_str(&format!(
            "{{\"id\":{id},\"at\":\"2026-01-{day:02}T01:02:03Z\",\"url\":\"https:\\/\\/a.test\\/{id}?q=%20x&p=2\",\"note\":\"the {word} of it\\n\"}},\n"
        ));
    }
    for value in &values {
        assert_eq!(find(value, &text), []);
        for (name, _, disguised) in disguises(value) {
            let at = (0..=draw(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let planted = format!("{} {disguised} {}", &text[..at], &text[at..]);
            let hits = find(value, &planted);
            let inside = |hit: &KnownHit| hit.range.start > at && hit.range.end <= at + 1 + disguised.len();
            assert!(hits.iter().any(|hit| hit.whole) && hits.iter().all(inside), "{name}: {hits:?}");
        }
    }
}
