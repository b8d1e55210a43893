//! Look-alikes of what stands beside a name in sentences, pages, pairs and programs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::kit::der::{certificate, pem, rsa_public};
use crate::kit::draw::Draw;
use crate::kit::forms::{BLOCK, JSON, NAMED, ORDINARY, WHOLE};
use crate::kit::kind::{Kind, kind};

pub fn kinds() -> Vec<Kind> {
    let mut kinds = of_names();
    kinds.extend(of_documents());
    kinds
}

fn of_names() -> Vec<Kind> {
    vec![
        kind("token-identifier", "access token id", &["token_id", "accessTokenId", "secret_id"], ORDINARY, |d| {
            d.alnum(24)
        }),
        kind(
            "private-key-id",
            "private key id",
            &["private_key_id", "privateKeyId", "signing_key_id"],
            ORDINARY,
            |d| d.hex(40),
        ),
        kind("secret-version", "secret version", &["secret_version", "api_key_version"], ORDINARY, |d| d.uuid('4')),
        kind("password-hash-name", "password hash name", &["password_hash_algorithm"], ORDINARY, |d| {
            d.pick(&["argon2id-v19-m65536", "pbkdf2-sha512-i210000", "scrypt-n16384-r8-p1"]).to_owned()
        }),
        kind(
            "certificate-in-base64",
            "certificate",
            &["certificate-authority-data", "ca_cert", "tls.crt"],
            ORDINARY,
            |d| STANDARD.encode(pem("CERTIFICATE", &certificate(d))),
        ),
        kind("public-key-in-base64", "public key", &["public_key", "jwt_public_key"], ORDINARY, |d| {
            STANDARD.encode(pem("PUBLIC KEY", &rsa_public(d)))
        }),
        kind("password-pattern", "password pattern", &["password", "password_regex", "passwordPattern"], JSON, |d| {
            let least = d.between(8, 16);
            format!("^(?=.*[a-z])(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d@$!%*?&]{{{least},64}}$")
        }),
        kind("program-names", "expression", &["api_key", "secret_key", "access_token"], NAMED, |d| {
            let word = d.pick(&[
                "process.env.SERVICE_API_KEY2",
                "config.vault.secretV2Path",
                "getTokenFromStoreV2",
                "settings.auth0.accessTokenName",
                "this.oauth2Service.accessToken",
                "UserPasswordFieldV2",
            ]);
            word.to_owned()
        }),
        kind("mnemonic-sentence", "mnemonic", &["mnemonic", "recovery_phrase_hint"], BLOCK, |d| {
            d.pick(&[
                "my very eager mother just served us nine pizzas with the cheese",
                "every good boy does fine and all cows eat grass for the teacher",
                "please excuse my dear aunt sally and thank her for the cake",
            ])
            .to_owned()
        }),
        kind("spinner-class", "class", &["class", "className", "key"], JSON, |d| {
            format!("sk-{}-{}", d.pick(&["circle-fade", "cube-grid", "folding-cube", "three-bounce"]), d.between(1, 12))
        }),
    ]
}

fn of_documents() -> Vec<Kind> {
    vec![
        kind("anti-forgery-input", "page", &["page"], WHOLE, |d| {
            let name = d.pick(&[
                "authenticity_token",
                "_token",
                "__RequestVerificationToken",
                "csrfmiddlewaretoken",
                "form_token",
                "token",
            ]);
            format!("<form method=\"post\"><input type=\"hidden\" name=\"{name}\" value=\"{}\"></form>", d.base64(64))
        }),
        kind("pairs-of-names", "pairs", &["pairs"], WHOLE, pairs),
        kind("table-of-settings", "page", &["page"], WHOLE, |d| {
            format!(
                "<table><tr><td>API key</td><td>Created {}</td></tr><tr><td>Access token</td><td>expires in 3600 seconds</td>\
                 </tr><tr><th>Password</th><td>changed by {}</td></tr></table>",
                d.time(),
                d.word()
            )
        }),
        kind("advice-on-secrets", "text", &["text"], WHOLE, |d| {
            format!(
                "The secret is stored in Kubernetes1 under `{}-v2-credentials`. Your access token is valid for 3600s. The API \
                 key is optional since v{}.{}. The password is: at least 12 characters, 1 digit. The private key was \
                 generated with `openssl ecparam -name prime256v1`.",
                d.word(),
                d.below(9),
                d.below(9)
            )
        }),
    ]
}

/// Names and values that are two fields, as lists of attributes have them.
fn pairs(draw: &mut Draw) -> String {
    json!({"attributes": [
        {"name": "colour", "value": draw.hex(6)},
        {"name": "etag", "value": draw.hex(32)},
        {"key": "request_id", "value": draw.uuid('4')},
        {"name": "Token expiry", "value": draw.time()},
        {"key": "password_policy", "value": "min:12|digits:1"},
        {"name": "secret_name", "value": format!("prod/{}/db-1", draw.word())},
        {"name": "api_key_id", "value": draw.alnum(20)},
        {"key": "next_page_token", "value": draw.base64url(48)},
        {"name": "Set-Password label", "value": "Choose_a_new_password1"},
    ]})
    .to_string()
}
