//! What looks weak and is not stays so in both versions, and the handle tells what a scan needs.

use super::caller::{Caller, Seen};

async fn versions() -> [Caller; 2] {
    [Caller::weak().await, Caller::repaired().await]
}

/// The answer without what differs every time.
fn steady(seen: &Seen) -> serde_json::Value {
    let mut value = seen.json();
    for name in ["served_at", "request_id", "trace"] {
        value.as_object_mut().unwrap().remove(name);
    }
    value
}

#[tokio::test]
async fn public_and_shared_objects_are_the_same_for_everybody() {
    for demo in versions().await {
        for path in ["/public/plans", "/public/plans/studio", "/currencies"] {
            let (alice, nobody) = (demo.get("alice", path).await, demo.anonymous(path).await);
            assert_eq!((alice.status, nobody.status), (200, 200), "{path}");
            assert_eq!(alice.text, nobody.text);
        }
        for path in ["/notices", "/notices/902"] {
            let (alice, bob) = (demo.get("alice", path).await, demo.get("bob", path).await);
            assert_eq!(steady(&alice), steady(&bob));
            assert_eq!(demo.anonymous(path).await.status, 401);
        }
    }
}

#[tokio::test]
async fn soft_refusals_give_nothing_away() {
    for demo in versions().await {
        let refused = demo.get("alice", "/documents/contract-blackrock-2031").await;
        assert_eq!(refused.status, 200);
        assert_eq!(steady(&refused), steady(&demo.get("alice", "/documents/unheard-of").await));
        assert_eq!(demo.get("bob", "/documents/contract-blackrock-2031").await.json()["document"]["pages"], 22);
        let notes = demo.get("alice", "/customers/cus_b91pz4tc/notes").await;
        assert_eq!((notes.status, notes.text.as_str()), (200, "[]"));
        assert!(demo.get("bob", "/customers/cus_b91pz4tc/notes").await.text.contains("Kinsale"));
    }
}

#[tokio::test]
async fn the_ignored_path_id_gives_the_callers_own_settings() {
    for demo in versions().await {
        let seen = demo.get("alice", "/users/4102/settings").await;
        assert_eq!(seen.json()["user_id"], 4101);
        assert_eq!(seen.text, demo.get("alice", "/users/4101/settings").await.text);
    }
}

#[tokio::test]
async fn encoded_ids_are_guarded() {
    for demo in versions().await {
        assert_eq!(demo.get("alice", "/files/ZmlsZToxNw").await.json()["name"], "route-plan-hamburg.pdf");
        assert_eq!(demo.get("alice", "/files/ZmlsZTozMQ").await.status, 403);
        assert_eq!(demo.get("bob", "/files/ZmlsZTozMQ").await.status, 200);
    }
}

#[tokio::test]
async fn volatile_fields_differ_in_every_answer() {
    let demo = Caller::weak().await;
    let (first, second) = (demo.get("alice", "/me").await, demo.get("alice", "/me").await);
    assert_ne!(first.json()["request_id"], second.json()["request_id"]);
    assert_eq!(steady(&first), steady(&second));
}

#[tokio::test]
async fn acting_reads_are_counted() {
    let demo = Caller::weak().await;
    assert_eq!((demo.demo.resets(), demo.demo.sent()), (0, 0));
    demo.anonymous("/maintenance/reset").await;
    demo.get("alice", "/invoices/61041/send").await;
    demo.get("alice", "/invoices/61093/send").await;
    assert_eq!((demo.demo.resets(), demo.demo.sent()), (1, 2));
}

#[tokio::test]
async fn the_login_recipe_of_the_configuration_works() {
    for demo in versions().await {
        let config: toml::Table = toml::from_str(&demo.demo.config_toml()).unwrap();
        let secrets = demo.demo.secrets();
        for name in ["alice", "bob", "root"] {
            let login = config["identities"][name]["login"].as_table().unwrap();
            let variable = login["body"]["password"]["env"].as_str().unwrap();
            let password = &secrets.iter().find(|secret| secret.0 == variable).unwrap().1;
            let session = demo.login(login["body"]["username"].as_str().unwrap(), password).await;
            let token = session.json().pointer(login["token"].as_str().unwrap()).unwrap().as_str().unwrap().to_owned();
            assert_eq!(demo.bearing(&token, "/me").await.json()["username"], name);
            assert!(!demo.demo.config_toml().contains(password.as_str()));
        }
        assert_eq!(demo.login("alice", "wrong").await.status, 401);
        assert_eq!(demo.get("root", "/invoices").await.json()["paging"]["total"], 5);
    }
}

#[tokio::test]
async fn passwords_are_new_at_every_start_and_a_stopped_demo_is_gone() {
    let [first, second] = versions().await;
    assert_ne!(first.demo.secrets(), second.demo.secrets());
    let address = first.demo.base_url.trim_start_matches("http://").to_owned();
    drop(second);
    first.demo.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
