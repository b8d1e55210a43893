//! Private keys. Source: RFC 5958, 5915, 8017, 7468, 4880, OpenSSH, PuTTY and age.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::kit::codes::{bech32, crc24, wrap};
use crate::kit::der::{self, OID_EC, OID_ED25519, OID_P256, OID_PBES2, OID_RSA, armour, pem};
use crate::kit::draw::Draw;
use crate::kit::forms::{ANY, BLOCK, Form};
use crate::kit::kind::{Kind, kind, marked};

const NAMES: &[&str] = &["private_key", "privateKey", "key", "pem", "tls_key", "signing_key"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("pem-rsa", "private key", NAMES, BLOCK, |d| pem("RSA PRIVATE KEY", &der::rsa_private(d, 256))),
        kind("pem-pkcs8-rsa", "private key", NAMES, BLOCK, |d| {
            let inner = der::rsa_private(d, 256);
            pem("PRIVATE KEY", &der::pkcs8(OID_RSA, der::tagged(0x05, &[]), &inner))
        }),
        kind("pem-pkcs8-ec", "private key", NAMES, BLOCK, |d| {
            let inner = der::ec_private(d);
            pem("PRIVATE KEY", &der::pkcs8(OID_EC, der::oid(OID_P256), &inner))
        }),
        kind("pem-ed25519", "private key", NAMES, BLOCK, |d| {
            let inner = der::octets(&d.bytes(32));
            pem("PRIVATE KEY", &der::pkcs8(OID_ED25519, Vec::new(), &inner))
        }),
        kind("pem-ec", "private key", NAMES, BLOCK, |d| pem("EC PRIVATE KEY", &der::ec_private(d))),
        kind("pem-dsa", "private key", NAMES, BLOCK, |d| {
            let parts =
                [der::small(0), der::integer(d, 128), der::integer(d, 20), der::integer(d, 128), der::integer(d, 20)];
            pem("DSA PRIVATE KEY", &der::sequence(&parts))
        }),
        kind("pem-encrypted", "encrypted private key", NAMES, BLOCK, |d| {
            let algorithm = der::sequence(&[der::oid(OID_PBES2), der::octets(&d.bytes(16))]);
            pem("ENCRYPTED PRIVATE KEY", &der::sequence(&[algorithm, der::octets(&d.bytes(640))]))
        }),
        kind("pem-rsa-legacy-encrypted", "encrypted private key", NAMES, BLOCK, |d| {
            let headers = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,{}\n", d.hex(32).to_uppercase());
            armour("RSA PRIVATE KEY", &headers, &wrap(&d.base64(1200), 64))
        }),
        kind("openssh", "SSH key of the deploy user", &["ssh_private_key", "ssh_key", "deploy_key"], BLOCK, |d| {
            let key = der::openssh(d);
            armour("OPENSSH PRIVATE KEY", "", &wrap(&STANDARD.encode(key), 70))
        }),
        kind("pgp", "PGP private key", &["pgp_private_key", "gpg_key", "armored"], BLOCK, pgp),
        kind("putty", "PuTTY key", &["ppk", "ssh_key", "private_key"], BLOCK, putty),
        kind("age", "age identity", &["age_key", "SOPS_AGE_KEY", "identity"], ANY, |d| {
            bech32("age-secret-key-", &d.bytes(32)).to_uppercase()
        }),
        kind("pem-in-base64", "private key in base64", NAMES, ANY, |d| {
            STANDARD.encode(pem("PRIVATE KEY", &der::pkcs8(OID_EC, der::oid(OID_P256), &der::ec_private(d))) + "\n")
        }),
        kind("jwk-private-ec", "signing key", &["jwk", "key"], &[Form::Whole, Form::Told, Form::JsonInString], |d| {
            let secret = marked(&d.base64url(32));
            let (x, y, id) = (d.base64url(32), d.base64url(32), d.uuid('4'));
            json!({"kty": "EC", "crv": "P-256", "kid": id, "x": x, "y": y, "d": secret, "use": "sig"}).to_string()
        }),
        kind("jwk-private-rsa", "signing key", &["jwk", "key"], &[Form::Whole, Form::Told, Form::JsonInString], |d| {
            let secret = marked(&d.base64url(256));
            let (n, p, q) = (d.base64url(256), d.base64url(128), d.base64url(128));
            json!({"kty": "RSA", "n": n, "e": "AQAB", "d": secret, "p": p, "q": q, "alg": "RS256"}).to_string()
        }),
        kind("wireguard", "WireGuard key", &["wireguard_private_key", "PrivateKey"], crate::kit::forms::NAMED, |d| {
            d.base64(32)
        }),
    ]
}

fn pgp(draw: &mut Draw) -> String {
    let mut bytes = vec![0x95, 0x07, 0x58, 0x04];
    bytes.extend(draw.bytes(1100));
    let lines = wrap(&STANDARD.encode(&bytes), 64);
    let sum = STANDARD.encode(crc24(&bytes));
    let headers = if draw.one_in(2) { "Version: GnuPG v2\n" } else { "" };
    armour("PGP PRIVATE KEY BLOCK", headers, &format!("{lines}={sum}\n"))
}

fn putty(draw: &mut Draw) -> String {
    let (public, private) = (wrap(&draw.base64(51), 64), wrap(&draw.base64(36), 64));
    let version = draw.pick(&["2", "3"]);
    let comment = format!("{}-{}", draw.word(), draw.digits(8));
    let mac = draw.hex(if version == "3" { 64 } else { 40 });
    format!(
        "PuTTY-User-Key-File-{version}: ssh-ed25519\nEncryption: none\nComment: {comment}\nPublic-Lines: {}\n{public}\
         Private-Lines: {}\n{private}Private-MAC: {mac}",
        public.lines().count(),
        private.lines().count()
    )
}
