//! Keys that are meant for everybody.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::kit::codes::{base64url, bech32, crc24, wrap};
use crate::kit::der::{armour, certificate, pem, rsa_public};
use crate::kit::forms::{BLOCK, ORDINARY, TEXT};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["public_key", "publicKey", "certificate", "cert", "verification_key"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("pem-public-key", "public key", NAMES, BLOCK, |d| pem("PUBLIC KEY", &rsa_public(d))),
        kind("pem-certificate", "certificate", NAMES, BLOCK, |d| pem("CERTIFICATE", &certificate(d))),
        kind("pem-request", "signing request", &["csr", "request"], BLOCK, |d| {
            pem("CERTIFICATE REQUEST", &certificate(d))
        }),
        kind("pgp-public-key", "PGP public key", &["pgp_key", "gpg_public_key"], BLOCK, |d| {
            let bytes = d.bytes(900);
            let sum = STANDARD.encode(crc24(&bytes));
            armour("PGP PUBLIC KEY BLOCK", "", &format!("{}={sum}\n", wrap(&STANDARD.encode(&bytes), 64)))
        }),
        kind("ssh-public-key", "SSH public key", &["ssh_public_key", "key", "authorized_keys"], ORDINARY, |d| {
            let head = [0, 0, 0, 11].into_iter().chain(*b"ssh-ed25519").chain([0, 0, 0, 32]);
            let blob: Vec<u8> = head.chain(d.bytes(32)).collect();
            format!("ssh-ed25519 {} {}@{}", STANDARD.encode(blob), d.word(), d.word())
        }),
        kind("age-recipient", "age recipient", &["recipient", "age_public_key"], ORDINARY, |d| {
            bech32("age", &d.bytes(32))
        }),
        kind("jwks-public", "key set", &["jwks"], TEXT, |d| {
            let rsa = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": d.url_safe(27),
                "n": d.base64url(256), "e": "AQAB"});
            let ec =
                json!({"kty": "EC", "crv": "P-256", "kid": d.uuid('4'), "x": d.base64url(32), "y": d.base64url(32)});
            json!({"keys": [rsa, ec]}).to_string()
        }),
        kind("jwks-x5c", "key set", &["jwks"], TEXT, |d| {
            let chain = [STANDARD.encode(certificate(d)), STANDARD.encode(certificate(d))];
            let (n, sum) = (d.base64url(256), d.base64url(20));
            json!({"keys": [{"kty": "RSA", "n": n, "e": "AQAB", "x5t": sum, "x5c": chain}]}).to_string()
        }),
        kind(
            "stripe-publishable",
            "Stripe publishable key",
            &["publishable_key", "stripePublicKey", "pk"],
            ORDINARY,
            |d| format!("pk_{}_{}", d.pick(&["live", "test"]), d.alnum(99)),
        ),
        kind("sentry-dsn-public", "Sentry DSN", &["dsn", "sentry_dsn", "sentryDsn"], ORDINARY, |d| {
            format!("https://{}@o{}.ingest.sentry.io/{}", d.hex(32), d.digits(6), d.digits(7))
        }),
        kind("mapbox-public", "Mapbox public token", &["mapbox_token", "accessToken", "map_key"], ORDINARY, |d| {
            let claims = json!({"u": d.word(), "a": format!("cm{}", d.of("abcdefghijklmnopqrstuvwxyz0123456789", 23))});
            format!("pk.{}.{}", base64url(claims.to_string().as_bytes()), d.url_safe(22))
        }),
        kind("supabase-publishable", "Supabase publishable key", &["supabase_key", "publishable_key"], ORDINARY, |d| {
            format!("sb_publishable_{}_{}", d.url_safe(22), d.of("abcdefghijklmnopqrstuvwxyz0123456789", 8))
        }),
        kind("captcha-site-key", "site key", &["site_key", "recaptcha_site_key", "sitekey"], ORDINARY, |d| {
            match d.below(2) {
                0 => format!("6L{}AAAAA{}", d.alnum(6), d.url_safe(27)),
                _ => format!("0x4AAAAAAA{}", d.alnum(14)),
            }
        }),
        kind("analytics-id", "analytics id", &["measurement_id", "gtm_id", "analyticsId"], ORDINARY, |d| {
            format!("{}-{}", d.pick(&["G", "GTM", "UA"]), d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 10))
        }),
        kind("wallet-address", "wallet", &["address", "wallet", "contract"], ORDINARY, |d| match d.below(2) {
            0 => format!("0x{}", d.hex(40)),
            _ => bech32("bc", &d.bytes(20)),
        }),
        kind("vapid-public-key", "push key", &["vapidPublicKey", "applicationServerKey"], ORDINARY, |d| {
            format!("B{}", d.base64url(64))
        }),
        kind("signed-document", "signature", &["signature", "sig", "webhook_signature"], ORDINARY, |d| {
            match d.below(2) {
                0 => format!("t={},v1={}", d.between(1_700_000_000, 1_790_000_000), d.hex(64)),
                _ => format!("sha256={}", d.hex(64)),
            }
        }),
    ]
}
