//! Secrets that only the name of their field gives away, and stored password hashes (modular crypt format, PHC).

use serde_json::json;

use crate::kit::draw::{ALNUM, BASE64, DIGITS, Draw};
use crate::kit::forms::{BLOCK, Form, JSON, WHOLE};
use crate::kit::kind::{Kind, kind};

/// Places where a field has a name.
pub const IN_FIELDS: &[Form] = &[
    Form::Object,
    Form::Nested,
    Form::List,
    Form::JsonInString,
    Form::PhpJson,
    Form::Env,
    Form::Yaml,
    Form::Log,
    Form::Bundle,
];

const HASHES: &[&str] = &["password_hash", "password", "passwordHash", "encrypted_password", "hash", "pwd_hash"];

pub fn kinds() -> Vec<Kind> {
    let mut kinds = named();
    kinds.extend(hashes());
    kinds.extend(paired());
    kinds
}

/// A name and its value in two fields of an object, and in two cells of a table.
fn paired() -> Vec<Kind> {
    vec![
        kind("pair-in-json", "variable", &["variables"], WHOLE, |d| {
            let name = d.pick(&["DATABASE_PASSWORD", "ACCESS_TOKEN", "CLIENT_SECRET", "SMTP_PASS", "API_KEY"]);
            let (field, secret) = (d.pick(&["name", "key"]), crate::kit::kind::marked(&d.alnum(28)));
            let other = d.word();
            json!({"variables": [{(field): "NODE_ENV", "value": "production"}, {(field): name, "value": secret,
                "protected": true}, {(field): "REGION", "value": other}]})
            .to_string()
        }),
        kind("pair-in-page", "setting", &["settings"], WHOLE, |d| {
            let name = d.pick(&["API key", "Access token", "Client secret", "Database password"]);
            let secret = crate::kit::kind::marked(&d.alnum(32));
            format!(
                "<table>\n<tr><td>Region</td><td>eu</td></tr>\n<tr><td>{name}</td>\n<td><code>{secret}</code></td></tr>\n</table>"
            )
        }),
    ]
}

fn named() -> Vec<Kind> {
    vec![
        kind("field-password", "password", &["password", "passwd", "user_password", "Password"], IN_FIELDS, |d| {
            d.password()
        }),
        kind("field-db-password", "database password", &["db_password", "DB_PASS", "dbPassword"], IN_FIELDS, |d| {
            d.password()
        }),
        kind("field-smtp-password", "mail password", &["smtp_password", "smtpPassword"], IN_FIELDS, |d| d.password()),
        kind("field-client-secret", "client secret", &["client_secret", "clientSecret"], IN_FIELDS, |d| d.url_safe(40)),
        kind("field-api-key-hex", "API key", &["api_key", "apiKey", "apikey", "API_KEY"], IN_FIELDS, |d| d.hex(32)),
        kind("field-api-key-base64", "API key", &["api_key", "apiKey", "x_api_key"], IN_FIELDS, |d| d.base64(30)),
        kind("field-api-key-uuid", "API key", &["api_key", "apiKey"], IN_FIELDS, |d| d.uuid('4')),
        kind("field-secret-key", "secret key", &["secret_key", "SECRET_KEY", "secretKey"], IN_FIELDS, |d| {
            d.of("abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)", 50)
        }),
        kind(
            "field-signing-secret",
            "signing secret",
            &["signing_secret", "jwt_secret", "hmac_secret"],
            IN_FIELDS,
            |d| d.hex(64),
        ),
        kind("field-encryption-key", "encryption key", &["encryption_key", "encryptionKey"], IN_FIELDS, |d| {
            d.base64(32)
        }),
        kind("field-access-token", "access token", &["access_token", "accessToken", "auth_token"], IN_FIELDS, |d| {
            d.of(ALNUM, 40)
        }),
        kind("field-reset-token", "reset token", &["reset_token", "password_reset_token"], IN_FIELDS, |d| {
            d.url_safe(32)
        }),
        kind("field-totp-seed", "seed of the second factor", &["totp_secret", "otp_secret", "mfa_secret"], JSON, |d| {
            d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32)
        }),
        kind("field-otp-uri", "address of the second factor", &["otpauth_url", "qr"], JSON, |d| {
            let seed = crate::kit::kind::marked(&d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32));
            format!("otpauth://totp/Example:{}?secret={seed}&issuer=Example", d.word())
        }),
        kind("field-webhook-secret", "webhook secret", &["webhook_secret", "webhookSecret"], IN_FIELDS, |d| d.hex(40)),
        kind("field-private-token", "private token", &["private_token", "bearer_token"], IN_FIELDS, |d| d.alnum(48)),
        kind("field-recovery-phrase", "recovery phrase", &["mnemonic", "seed_phrase", "recovery_phrase"], BLOCK, |d| {
            (0..12).map(|_| d.word()).collect::<Vec<_>>().join(" ")
        }),
    ]
}

fn hashes() -> Vec<Kind> {
    vec![
        kind("hash-bcrypt", "password hash", HASHES, IN_FIELDS, |d| {
            let (version, cost) = (d.pick(&["2a", "2b", "2y"]), d.between(10, 13));
            format!("${version}${cost}${}", crypt_alphabet(d, 53))
        }),
        kind("hash-argon2", "password hash", HASHES, IN_FIELDS, |d| {
            format!("$argon2id$v=19$m=65536,t=3,p=4${}${}", d.of(BASE64, 22), d.of(BASE64, 43))
        }),
        kind("hash-scrypt", "password hash", HASHES, IN_FIELDS, |d| {
            format!("$scrypt$ln=16,r=8,p=1${}${}", d.of(BASE64, 22), d.of(BASE64, 43))
        }),
        kind("hash-pbkdf2-django", "password hash", HASHES, IN_FIELDS, |d| {
            format!("pbkdf2_sha256${}${}${}", d.between(260_000, 1_000_000), d.of(ALNUM, 22), d.base64(32))
        }),
        kind("hash-sha512-crypt", "password hash", HASHES, IN_FIELDS, |d| {
            format!("$6${}${}", d.of(ALNUM, 16), crypt_alphabet(d, 86))
        }),
        kind("hash-werkzeug", "password hash", HASHES, IN_FIELDS, |d| {
            format!("scrypt:32768:8:1${}${}", d.of(ALNUM, 16), d.hex(128))
        }),
        kind("hash-ldap-ssha", "password hash", &["userPassword", "password_hash"], IN_FIELDS, |d| {
            format!("{{SSHA}}{}", d.base64(28))
        }),
        kind("hash-phpass", "password hash", &["user_pass", "password_hash"], IN_FIELDS, |d| {
            format!("$P$B{}{}", d.of(DIGITS, 1), crypt_alphabet(d, 29))
        }),
    ]
}

fn crypt_alphabet(draw: &mut Draw, n: usize) -> String {
    draw.of("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", n)
}
