//! Public keys that an API shows, in the forms in which a verifier may hold them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::checks::context::CheckCx;
use crate::model::Silence;
use crate::probe::{Answer, Ask, AskCaller};
use crate::survey::Surveyed;

/// A public key in one form.
pub(super) struct PublicKey {
    pub(super) form: &'static str,
    pub(super) bytes: Vec<u8>,
    /// The answer that showed it.
    pub(super) shown: Arc<Answer>,
}

/// Finds the keys that the API shows: in the answers of its documented routes, and where keys are by convention.
pub(super) async fn find_public_keys(cx: &CheckCx<'_>, beside: &Surveyed) -> Result<Vec<PublicKey>, Silence> {
    let served = cx.survey.operations.iter().flat_map(|surveyed| surveyed.valid());
    let mut answers: Vec<Arc<Answer>> = served.map(|baseline| Arc::clone(&baseline.first)).collect();
    if let Some(ask) = cx.ask_undocumented(beside, "/.well-known/jwks.json") {
        answers.push(cx.send(&ask).await?);
    }
    let discovery = match cx.ask_undocumented(beside, "/.well-known/openid-configuration") {
        Some(ask) => Some(cx.send(&ask).await?),
        None => None,
    };
    if let Some(address) = discovery.and_then(|discovery| keys_address(cx, &discovery)) {
        answers.push(cx.send(&Ask::get(AskCaller::Anonymous, address)).await?);
    }
    Ok(answers.iter().flat_map(keys_in).collect())
}

/// Returns where a discovery document says that the keys are, on the API's own server.
fn keys_address(cx: &CheckCx<'_>, discovery: &Answer) -> Option<url::Url> {
    let stated = discovery.response()?.json.as_ref()?.get("jwks_uri")?.as_str()?;
    let address = url::Url::parse(stated).ok()?;
    (address.origin() == cx.probe.base_url().origin()).then_some(address)
}

fn keys_in(answer: &Arc<Answer>) -> Vec<PublicKey> {
    let Some(response) = answer.response() else { return Vec::new() };
    let key = |(form, bytes)| PublicKey { form, bytes, shown: Arc::clone(answer) };
    let listed = response.json.as_ref().and_then(|json| json.get("keys")).and_then(Value::as_array);
    let mut found: Vec<PublicKey> = listed.into_iter().flatten().filter_map(forms_of_jwk).flatten().map(key).collect();
    // In JSON the line breaks of a PEM text are escaped.
    let text = response.text.replace("\\n", "\n");
    let pem = text.find("-----BEGIN PUBLIC KEY-----").and_then(|from| {
        let rest = text.get(from..)?;
        let end = rest.find("-----END PUBLIC KEY-----")? + "-----END PUBLIC KEY-----".len();
        rest.get(..end)
    });
    if let Some(pem) = pem {
        found.push(key(("PEM", format!("{pem}\n").into_bytes())));
        found.push(key(("PEM without the last line break", pem.as_bytes().to_vec())));
        found.push(key(("PEM with CRLF", format!("{}\r\n", pem.replace('\n', "\r\n")).into_bytes())));
    }
    found
}

/// Returns the forms of a key of a JWKS (RFC 7517): rebuilt from its numbers.
fn forms_of_jwk(jwk: &Value) -> Option<Vec<(&'static str, Vec<u8>)>> {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?.trim_end_matches('=')).ok();
    let (spki, inner) = match jwk.get("kty")?.as_str()? {
        "RSA" => {
            let inner = der(0x30, &[der_number(&part("n")?), der_number(&part("e")?)].concat());
            (der(0x30, &[RSA_ENCRYPTION.to_vec(), bit_string(&inner)].concat()), Some(inner))
        }
        "EC" if jwk.get("crv")?.as_str()? == "P-256" => {
            let point = [vec![4], part("x")?, part("y")?].concat();
            (der(0x30, &[EC_P256.to_vec(), bit_string(&point)].concat()), None)
        }
        _ => return None,
    };
    let text = pem("PUBLIC KEY", &spki);
    let mut forms = vec![
        ("PEM", format!("{text}\n").into_bytes()),
        ("PEM without the last line break", text.into_bytes()),
        ("DER", spki),
    ];
    if let Some(inner) = inner {
        let text = pem("RSA PUBLIC KEY", &inner);
        forms.push(("PEM of PKCS#1", format!("{text}\n").into_bytes()));
        forms.push(("PEM of PKCS#1 without the last line break", text.into_bytes()));
    }
    Some(forms)
}

/// `AlgorithmIdentifier` of RSA (RFC 3279 §2.3.1).
const RSA_ENCRYPTION: &[u8] = &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
/// `AlgorithmIdentifier` of a key on P-256 (RFC 5480 §2.1).
const EC_P256: &[u8] =
    &[0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// Writes one value of DER (X.690 §8.1).
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match length.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Writes a number that is not negative: one that begins with a set bit gets a zero before it.
fn der_number(bytes: &[u8]) -> Vec<u8> {
    let bytes: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    let zero = bytes.first().is_none_or(|first| *first >= 0x80);
    der(2, &[vec![0; usize::from(zero)], bytes].concat())
}

fn bit_string(content: &[u8]) -> Vec<u8> {
    der(3, &[vec![0], content.to_vec()].concat())
}

/// Writes PEM without the last line break (RFC 7468 §3).
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::forms_of_jwk;

    #[test]
    fn a_key_is_rebuilt_from_its_numbers() {
        let modulus = include_str!("../own_modulus.txt").trim();
        let forms = forms_of_jwk(&json!({"kty": "RSA", "n": modulus, "e": "AQAB"})).unwrap_or_default();
        let names: Vec<&str> = forms.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), 5);
        // 2048 bits: a sequence of 290 bytes with the identifier of RSA in it (RFC 8017 appendix A.1).
        let der = forms.iter().find(|(name, _)| *name == "DER").map(|(_, bytes)| bytes.clone()).unwrap_or_default();
        assert_eq!((der.len(), der.get(..4)), (294, Some([0x30, 0x82, 0x01, 0x22].as_slice())));
        let pem = forms.first().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"), "{pem}");
        let point = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                           "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let der = forms_of_jwk(&point).unwrap_or_default().into_iter().find(|(name, _)| *name == "DER");
        assert_eq!(der.map(|(_, bytes)| bytes.len()), Some(91));
    }
}
