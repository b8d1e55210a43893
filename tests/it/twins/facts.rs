//! Objects that no list shows: what names them is a fact about the caller, an address or a name.

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, refuse, signed, signed_at};

pub(super) fn drafts() -> Vec<Draft> {
    vec![customers(true), customers(false), settings(true), settings(false)]
}

const SCHEME: Scheme = Scheme::Bearer;
const PAIR: &[(&str, &str)] = &[("alice", "user"), ("bob", "user")];

fn forbidden() -> Response {
    refuse(403, "not yours")
}

/// Whose address it is.
fn holder(email: &str) -> Option<&str> {
    email.strip_suffix("@mail.example").filter(|name| matches!(*name, "alice" | "bob"))
}

fn customer(who: &str) -> Value {
    let (street, phone, born) = if who == "alice" {
        ("Quay Street 14", "+44 1475 440071", "1991-03-22")
    } else {
        ("Harbour Row 81", "+44 1475 440533", "1968-10-05")
    };
    json!({"email": format!("{who}@mail.example"), "street": street, "phone": phone, "birth_date": born})
}

fn customers(weak: bool) -> Draft {
    let me = |who: &str| json!({"login": who, "email": format!("{who}@mail.example")});
    let shown = me("alice");
    let one = signed_at(SCHEME, move |who, email| match holder(email) {
        Some(holder) if weak || holder == who => ok(customer(holder)),
        _ => forbidden(),
    });
    Draft {
        name: if weak { "customers-weak" } else { "customers-repaired" },
        router: Router::new().route("/me", signed(SCHEME, move |who| ok(me(who)))).route("/customers/{email}", one),
        document: Document::new("Mail order", SCHEME).get("/me", "Who am I", &shown).get(
            "/customers/{email}",
            "One customer",
            &customer("alice"),
        ),
        identities: SCHEME.identities(PAIR),
        expect: if weak { vec![("authz/bola-read", "GET /customers/{email}")] } else { vec![] },
    }
}

fn setting(who: &str) -> Value {
    let (phone, address) = if who == "alice" {
        ("+44 1475 440071", "Quay Street 14, Port Ellery")
    } else {
        ("+44 1475 440533", "Harbour Row 81, Sandwick")
    };
    json!({"recovery_phone": phone, "home_address": address, "newsletter": who == "alice", "theme": "dark"})
}

fn settings(weak: bool) -> Draft {
    let me = |who: &str| json!({"username": who, "joined": "2029-04-11"});
    let shown = me("alice");
    let one = signed_at(SCHEME, move |who, name| match name {
        "alice" | "bob" if weak || name == who => ok(setting(name)),
        _ => forbidden(),
    });
    Draft {
        name: if weak { "settings-weak" } else { "settings-repaired" },
        router: Router::new().route("/me", signed(SCHEME, move |who| ok(me(who)))).route("/u/{username}/settings", one),
        document: Document::new("Community", SCHEME).get("/me", "Who am I", &shown).get(
            "/u/{username}/settings",
            "Settings of a user",
            &setting("alice"),
        ),
        identities: SCHEME.identities(PAIR),
        expect: if weak { vec![("authz/bola-read", "GET /u/{username}/settings")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;

    #[tokio::test]
    async fn another_persons_fact_opens_only_the_weak_twins() {
        for (weak, repaired, path) in [
            ("customers-weak", "customers-repaired", "/customers/bob@mail.example"),
            ("settings-weak", "settings-repaired", "/u/bob/settings"),
        ] {
            let (weak, repaired) = (named(weak).await, named(repaired).await);
            assert!(get(&weak, "alice", path).await.has("Harbour Row 81"));
            assert_eq!(get(&repaired, "alice", path).await.status, 403);
            assert!(get(&repaired, "bob", path).await.has("Harbour Row 81"));
        }
    }
}
