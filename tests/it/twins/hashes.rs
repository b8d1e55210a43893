//! Hashes of contents and a working directory, which are no secrets; and the hash of a password, which is one.

use axum::Router;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, signed};

pub(super) fn drafts() -> Vec<Draft> {
    vec![twin(true), twin(false)]
}

const SCHEME: Scheme = Scheme::Bearer;

fn digest(who: &str, digit: char) -> String {
    let start = if who == "alice" { "a1f0c3" } else { "b7d29e" };
    format!("{start}{}", format!("5{digit}e8").repeat(10)).chars().take(40).collect()
}

fn files(who: &str) -> Value {
    json!([{"path": format!("{who}/notes.md"), "bytes": 1_841, "hash": digest(who, '1')},
           {"path": format!("{who}/plan.ods"), "bytes": 90_117, "hash": digest(who, '7')}])
}

fn commits(who: &str) -> Value {
    json!([{"hash": digest(who, '3'), "parent": digest(who, '9'), "message": format!("Tidy the notes of {who}")}])
}

fn shell(who: &str) -> Value {
    json!({"pwd": format!("/home/{who}"), "shell": "/bin/zsh", "columns": 120})
}

fn account(weak: bool, who: &str) -> Value {
    let mut account = json!({"login": who, "plan": "basic"});
    if weak {
        let tail = if who == "alice" { "l0u6jQ" } else { "r8Zp2K" };
        account["password_hash"] = json!(format!("$2b$12$Q9v1sY7xkLmN3oPqRsTuVeWxYzAbCdEfGhIjKlMnOpQrSt{tail}a"));
    }
    account
}

fn twin(weak: bool) -> Draft {
    Draft {
        name: if weak { "hashes-weak" } else { "hashes-harmless" },
        router: Router::new()
            .route("/account", signed(SCHEME, move |who| ok(account(weak, who))))
            .route("/files", signed(SCHEME, |who| ok(files(who))))
            .route("/commits", signed(SCHEME, |who| ok(commits(who))))
            .route("/shell", signed(SCHEME, |who| ok(shell(who)))),
        document: Document::new("Workspace", SCHEME)
            .get("/account", "My account", &account(false, "alice"))
            .get("/files", "My files", &files("alice"))
            .get("/commits", "My commits", &commits("alice"))
            .get("/shell", "My shell", &shell("alice")),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("property/excessive-exposure", "GET /account")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;

    #[tokio::test]
    async fn only_the_weak_twin_gives_the_hash_of_a_password() {
        let (weak, harmless) = (named("hashes-weak").await, named("hashes-harmless").await);
        let hash = get(&weak, "alice", "/account").await.json()["password_hash"].as_str().unwrap().to_owned();
        assert!(hash.starts_with("$2b$12$") && hash.len() == 60, "{} {hash}", hash.len());
        assert!(!get(&harmless, "alice", "/account").await.has("$2b$"));
        for twin in [&weak, &harmless] {
            assert_eq!(get(twin, "alice", "/files").await.json()[0]["hash"].as_str().unwrap().len(), 40);
            assert_eq!(get(twin, "bob", "/shell").await.json()["pwd"], "/home/bob");
        }
    }
}
