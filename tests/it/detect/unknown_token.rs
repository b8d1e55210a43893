//! Tokens told by their structure.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use routewarden::detect::unknown_token::{Protection as P, find_all};

fn token(header: &str, rest: &[&str]) -> String {
    let mut parts = vec![URL_SAFE_NO_PAD.encode(header)];
    parts.extend(rest.iter().map(|part| (*part).to_owned()));
    parts.join(".")
}

fn signed() -> String {
    let claims =
        r#"{"sub":"u-91","iss":"https://login.shop.io/tenants/7","aud":["https://api.shop.io/v1"],"exp":1900000000}"#;
    token(r#"{"alg":"RS256","kid":"k1"}"#, &[&URL_SAFE_NO_PAD.encode(claims), "c2lnbmF0dXJlLW9mLWl0"])
}

#[test]
fn a_signed_token_is_described_without_its_value() {
    let text = format!("session={}; path=/", signed());
    let found = find_all(&text);
    assert_eq!(found.len(), 1);
    let told = &found[0];
    assert_eq!((told.protection, told.algorithm.as_str(), told.has_key_id), (P::Signed, "RS256", true));
    assert_eq!(told.expires, Some(1_900_000_000));
    assert_eq!((told.issuer.as_deref(), told.audience.as_deref()), (Some("login.shop.io"), Some("api.shop.io")));
    assert_eq!(&text[told.range.clone()], signed());
    assert!(!told.wrapped && !format!("{told:?}").contains("u-91"));
}

#[test]
fn tokens_in_base64_unsigned_and_encrypted_ones_are_told() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"u-91"}"#);
    let unsigned = token(r#"{"alg":"none"}"#, &[&claims, ""]);
    let encrypted = token(r#"{"alg":"dir","enc":"A256GCM"}"#, &["", "aXZpdml2", "Y2lwaGVydGV4dA", "dGFndGFn"]);
    let text = format!("{} {unsigned} {encrypted}", STANDARD.encode(signed()));
    let told: Vec<_> = find_all(&text).into_iter().map(|token| (token.protection, token.wrapped)).collect();
    assert_eq!(told, [(P::Signed, true), (P::Unsigned, false), (P::Encrypted, false)]);
}

#[test]
fn samples_headers_and_noise_are_no_tokens() {
    let sample = token(
        r#"{"alg":"HS256","typ":"JWT"}"#,
        &[
            &URL_SAFE_NO_PAD.encode(r#"{"sub":"1234567890","name":"John Doe","iat":1516239022}"#),
            "c2lnbmF0dXJlLW9mLWl0",
        ],
    );
    let header = sample.split('.').next().unwrap().to_owned();
    let no_token = token(r#"{"user":"x"}"#, &["eyJhIjoxfQ", "c2ln"]);
    for text in [sample.as_str(), &header, &no_token, "eyJ", "ZXlK", "ZXlKaGJHY2lPaUo", "", "eyJ.eyJ.eyJ"] {
        assert_eq!(find_all(text), [], "{text}");
    }
}
