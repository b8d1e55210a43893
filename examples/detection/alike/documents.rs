//! Prose about secrets: what documentation and assistants say of them without giving one.

use crate::kit::forms::{ORDINARY, TEXT};
use crate::kit::kind::{Kind, kind};

const FORMATS: &[&str] = &[
    "Personal access tokens begin with ghp_ and are 40 characters long; fine-grained ones begin with github_pat_.",
    "Keys start with sk_live_ in production and sk_test_ in test mode. Never put a key that starts with sk_ in a page.",
    "Access key ids have 20 characters and begin with AKIA (long-lived) or ASIA (temporary).",
    "A bot token looks like xoxb-<team>-<bot>-<secret>; app-level tokens look like xapp-1-<app>-<number>-<secret>.",
    "The regular expression for the token is ^glpat-[0-9a-zA-Z_-]{20}$ and matches personal access tokens alone.",
    "An API key matches AIza[0-9A-Za-z_-]{35}. Restrict it to a referrer.",
    "A JWT has three parts, header.payload.signature, and the first begins with eyJ.",
    "PyPI tokens are macaroons: pypi-AgEIcHlwaS5vcmc is followed by the encoded identifier.",
    "SendGrid keys have the form SG.<22 characters>.<43 characters>.",
    "A PEM file begins with BEGIN PRIVATE KEY between dashes; keep such a file out of the repository.",
];

const ADVICE: &[&str] = &[
    "I can't share the API key. Keys are stored in the vault and I have no access to them.",
    "To create an API key, open Settings, choose API keys and click New key. The secret is shown once.",
    "Set the password in the environment: export DB_PASSWORD, then restart the service.",
    "If your token expired you get 401 with error=invalid_token; ask for another at /oauth/token.",
    "Use grant_type=client_credentials with your client_id and client_secret, and send the answer as a bearer token.",
    "Passwords must have at least 12 characters, one digit and one symbol, and must not contain your name.",
    "The secret access key is only known to you; rotate it when somebody leaves the team.",
    "Your password was changed. If that was not you, contact support at once.",
];

const BASIC: &[&str] = &[
    "Basic authentication sends Authorization: Basic followed by base64(username:password).",
    "RFC 7617 gives the example Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== for the user Aladdin.",
    "With curl, write -u username:password, or -H \"Authorization: Basic $(echo -n user:pass | base64)\".",
    "The header is built as 'Basic ' + btoa(user + ':' + password); see the section on authentication.",
];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("docs-token-formats", "format", &["description"], TEXT, |d| {
            format!("{} {}", d.pick(FORMATS), d.pick(ADVICE))
        }),
        kind("docs-advice", "advice", &["description", "message", "help"], ORDINARY, |d| d.pick(ADVICE).to_owned()),
        kind("docs-basic", "note", &["description"], TEXT, |d| d.pick(BASIC).to_owned()),
        kind("docs-code-sample", "sample", &["sample"], TEXT, |d| {
            let word = d.word();
            match d.below(4) {
                0 => format!("import os\n\nclient = Client(api_key=os.environ[\"{}_API_KEY\"])\n", word.to_uppercase()),
                1 => format!(
                    "const client = new Client({{ apiKey: process.env.{}_KEY, secret: config.get('secret') }});\n",
                    word.to_uppercase()
                ),
                2 => format!(
                    "password = getpass(\"Password for {word}: \")\ntoken = login(user, password).access_token\n"
                ),
                _ => format!(
                    "env:\n  - name: {}_TOKEN\n    valueFrom:\n      secretKeyRef:\n        name: {word}\n        key: token\n",
                    word.to_uppercase()
                ),
            }
        }),
        kind("docs-openapi-security", "document", &["openapi"], TEXT, |d| {
            let word = d.word();
            serde_json::json!({"openapi": "3.1.0", "info": {"title": word, "version": "1.0"}, "components": {"securitySchemes": {
                "api_key": {"type": "apiKey", "name": "X-Api-Key", "in": "header"},
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "oauth": {"type": "oauth2", "flows": {"clientCredentials": {
                    "tokenUrl": "https://login.example.com/oauth/token", "scopes": {"read": "Read"}}}}}}})
            .to_string()
        }),
        kind("lorem-and-languages", "text", &["text", "body"], TEXT, |d| {
            let words: Vec<&str> = (0..60).map(|_| d.word()).collect();
            format!("{}. Passwort und Schlüssel werden nicht angezeigt. {}", words.join(" "), d.uuid('4'))
        }),
    ]
}
