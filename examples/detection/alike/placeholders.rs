//! What documentation writes in the place of a secret, and the samples that vendors publish.

use crate::kit::forms::{ANY, Form, HEADER};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["api_key", "token", "secret", "client_secret", "password", "access_token"];
const PASSWORDS: &[&str] = &["password", "db_password", "admin_password"];
/// Where people document settings.
const DOCS: &[Form] =
    &[Form::Env, Form::Yaml, Form::Chat, Form::Prose, Form::Object, Form::Curl, Form::Html, Form::Told];

pub fn kinds() -> Vec<Kind> {
    let mut kinds = vendor_samples();
    kinds.extend(words());
    kinds
}

fn vendor_samples() -> Vec<Kind> {
    vec![
        kind("aws-example-key", "AWS access key", &["aws_access_key_id", "AccessKeyId"], ANY, |d| {
            // docs.aws.amazon.com uses these in every example.
            let head = d.pick(&["AKIA", "ASIA"]);
            format!("{head}{}{}", d.pick(&["IOSFODNN7", "I44QH8DHB"]), "EXAMPLE")
        }),
        kind("aws-example-secret", "AWS secret access key", &["aws_secret_access_key", "SecretAccessKey"], ANY, |d| {
            format!("{}{}", d.pick(&["wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "je7MtGbClwBF/2Zp9Utk/h3yCo8nvb"]), "EXAMPLEKEY")
        }),
        kind("jwt-io-sample", "sample token", &["token", "example", "jwt"], ANY, |_| {
            let head = ["eyJhbGciOiJIUzI1NiIsInR5", "cCI6IkpXVCJ9"].concat();
            let claims = ["eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6", "IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"].concat();
            format!("{head}.{claims}.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
        }),
        kind("placeholder-x-runs", "API key", NAMES, ANY, |d| {
            let (prefix, n) =
                d.pick(&[("sk-", 32), ("ghp_", 36), ("xoxb-", 24), ("AIza", 35), ("glpat-", 20), ("hf_", 34)]);
            let with = d.pick(&["x", "X", "0", "*"]);
            format!("{prefix}{}", with.repeat(n))
        }),
        kind("placeholder-prefix-dots", "API key", NAMES, ANY, |d| {
            format!("{}...", d.pick(&["sk-proj-", "ghp_", "sk_live_", "glpat-", "SG.", "eyJhbGciOi", "xoxb-"]))
        }),
        kind("placeholder-prefix-words", "API key", NAMES, ANY, |d| {
            let prefix = d.pick(&["sk-", "ghp_", "sk_test_", "xoxb-", "glpat-", "dop_v1_"]);
            format!("{prefix}{}", d.pick(&["your-token-here", "your_api_key", "REPLACE_ME", "example-key-do-not-use"]))
        }),
    ]
}

fn words() -> Vec<Kind> {
    vec![
        kind("placeholder-angle", "API key", NAMES, DOCS, |d| {
            d.pick(&[
                "<YOUR_API_KEY>",
                "<token>",
                "<your-client-secret>",
                "<redacted>",
                "<password>",
                "<insert key here>",
            ])
            .to_owned()
        }),
        kind("placeholder-variable", "token", NAMES, DOCS, |d| {
            d.pick(&[
                "${TOKEN}",
                "$API_KEY",
                "{{token}}",
                "{{ secrets.DEPLOY_KEY }}",
                "%API_KEY%",
                "process.env.API_KEY",
                "${{ secrets.GITHUB_TOKEN }}",
                "os.environ[\"API_KEY\"]",
                "vault:secret/data/app#key",
            ])
            .to_owned()
        }),
        kind("placeholder-words", "API key", NAMES, DOCS, |d| {
            d.pick(&[
                "your-token-here",
                "YOUR_API_KEY",
                "your_secret_key_here",
                "insert-your-key",
                "replace-me",
                "to-be-set",
                "my-secret-token",
                "example-api-key",
                "xxx",
                "none",
                "null",
                "undefined",
                "not-set",
            ])
            .to_owned()
        }),
        kind("placeholder-changeme", "password", PASSWORDS, DOCS, |d| {
            d.pick(&["changeme", "CHANGE_ME", "change-this-password", "ChangeMe123!", "example", "your-password"])
                .to_owned()
        }),
        kind("uri-placeholder", "database URL", &["database_url", "example", "url"], ANY, |d| {
            d.pick(&[
                "postgres://user:password@host:5432/db",
                "mysql://<user>:<password>@localhost/app",
                "postgresql://${DB_USER}:${DB_PASSWORD}@${DB_HOST}/app",
                "redis://:{{redis_password}}@cache:6379",
                "mongodb+srv://<username>:<password>@cluster0.example.mongodb.net",
                "amqp://USER:PASS@HOST:5672/VHOST",
                "https://username:password@example.com/path",
            ])
            .to_owned()
        }),
        kind("uri-without-password", "database URL", &["database_url", "url", "clone_url"], ANY, |d| {
            let host = d.host();
            match d.below(4) {
                0 => format!("postgres://app@{host}:5432/app"),
                1 => format!("ssh://git@{host}/{}.git", d.word()),
                2 => format!("https://{host}:8443/a:b@c/{}", d.word()),
                _ => format!("redis://{host}:6379/0"),
            }
        }),
        kind("header-placeholder", "authorization header", &["Authorization", "authorization"], HEADER, |d| {
            d.pick(&[
                "Bearer <token>",
                "Bearer ${ACCESS_TOKEN}",
                "Bearer YOUR_TOKEN",
                "Basic <base64(user:password)>",
                "Token {{api_token}}",
                "Bearer [redacted]",
                "Bearer undefined",
                "Basic realm=\"example\"",
            ])
            .to_owned()
        }),
        kind(
            "private-key-placeholder",
            "private key",
            &["private_key", "key"],
            &[Form::Object, Form::Yaml, Form::Chat, Form::Prose, Form::Env],
            |d| {
                let dashes = "-".repeat(5);
                let inside =
                    d.pick(&["...", "<your private key>", "MIIE...", "[redacted]", "base64-encoded key goes here"]);
                format!("{dashes}BEGIN PRIVATE KEY{dashes}\n{inside}\n{dashes}END PRIVATE KEY{dashes}")
            },
        ),
    ]
}
