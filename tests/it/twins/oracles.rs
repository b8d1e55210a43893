//! Refusals that tell which objects exist, and refusals that only look as if they did.

use axum::Router;
use axum::response::Response;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed, signed_at};

pub(super) fn drafts() -> Vec<Draft> {
    use Manner::{Alike, Careful, Failing, Formal, Noisy, Posted, Random, Telling};
    [Telling, Alike, Random, Posted, Noisy, Formal, Failing, Careful].map(draft).into_iter().collect()
}

/// How a loan of somebody else and a loan that does not exist are refused.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// 403 and 404: weak.
    Telling,
    /// The same status and words for both.
    Alike,
    /// 403 and 404, and ids that nobody guesses.
    Random,
    /// 403 and 404, and a board tells everybody the ids.
    Posted,
    /// The same for both, with an incident number that is new each time.
    Noisy,
    /// Whatever has not four digits is turned away by another layer; the rest alike.
    Formal,
    /// 403, and a crash for what does not exist.
    Failing,
    /// Ids that do not exist are no ids: status 422.
    Careful,
}

const SCHEME: Scheme = Scheme::Bearer;

fn loans(manner: Manner) -> Value {
    let ids = match manner {
        Manner::Random => ["5b0c2a7e-90a4-4a3c-9e55-0c6f3b1d7712", "c41f7f0a-1d52-4e0e-8f0e-7f1a5ce01b93"],
        Manner::Formal => ["LN-4120", "LN-7316"],
        _ => ["LN-41207", "LN-73160"],
    };
    let loan = |id: &str, of: &str, tool: &str| json!({"loan_id": id, "member": of, "tool": tool});
    json!([loan(ids[0], "alice", "Laser level KX-9"), loan(ids[1], "bob", "Concrete saw of the third shed")])
}

fn refused(manner: Manner, id: &str, exists: bool) -> Response {
    let incident = format!("case {}", rand::random::<u16>());
    match (manner, exists) {
        (Manner::Alike, _) => refuse(404, &format!("there is no loan {id}")),
        (Manner::Noisy, _) => ok(json!({"error": "no such loan", "incident": incident})),
        (Manner::Formal, _) if id.len() != 7 => refuse(404, "no route"),
        (Manner::Formal, _) => refuse(403, "not a loan of yours"),
        (_, true) => refuse(403, "this loan is another member's"),
        (Manner::Failing, false) => refuse(500, "internal server error"),
        (Manner::Careful, false) => refuse(422, "loan_id is not valid"),
        (_, false) => refuse(404, "there is no such loan"),
    }
}

fn draft(manner: Manner) -> Draft {
    let list = signed(SCHEME, move |who| ok(json!({"loans": only(&loans(manner), |loan| loan["member"] == who)})));
    let board = signed(SCHEME, move |_| {
        let lent = loans(manner).as_array().unwrap().iter().map(|loan| loan["loan_id"].clone()).collect::<Vec<_>>();
        ok(json!({"out": if manner == Manner::Posted { lent } else { vec![] }, "opens": "08:30"}))
    });
    let one = signed_at(SCHEME, move |who, id| match find(&loans(manner), "/loan_id", id) {
        Some(loan) if loan["member"] == who => ok(loan),
        other => refused(manner, id, other.is_some()),
    });
    let example = loans(manner);
    Draft {
        name: match manner {
            Manner::Telling => "loans-weak",
            Manner::Alike => "loans-repaired",
            Manner::Random => "loans-random-ids",
            Manner::Posted => "loans-posted",
            Manner::Noisy => "loans-noisy",
            Manner::Formal => "loans-by-form",
            Manner::Failing => "loans-failing",
            Manner::Careful => "loans-careful",
        },
        router: Router::new().route("/loans", list).route("/loans/{loan_id}", one).route("/board", board),
        document: Document::new("Tool library", SCHEME)
            .get("/loans", "My loans", &json!({"loans": example}))
            .get("/loans/{loan_id}", "One loan", &example[0])
            .get("/board", "What is lent", &json!({"out": ["LN-1"], "opens": "08:30"})),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if manner == Manner::Telling {
            vec![("authz/existence-oracle", "GET /loans/{loan_id}")]
        } else {
            vec![]
        },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;

    #[tokio::test]
    async fn only_the_weak_twin_tells_a_guesser_what_exists() {
        for (name, path, exists, absent) in [
            ("loans-weak", "/loans/LN-73160", 403, 404),
            ("loans-repaired", "/loans/LN-73160", 404, 404),
            ("loans-noisy", "/loans/LN-73160", 200, 200),
            ("loans-by-form", "/loans/LN-7316", 403, 403),
            ("loans-failing", "/loans/LN-73160", 403, 500),
        ] {
            let twin = named(name).await;
            assert_eq!(get(&twin, "alice", path).await.status, exists, "{name}");
            let other = path.replace("73", "99");
            assert_eq!(get(&twin, "alice", &other).await.status, absent, "{name}");
            assert!(get(&twin, "bob", path).await.has("Concrete saw"), "{name}");
            assert!(!get(&twin, "alice", path).await.has("Concrete saw"), "{name}");
        }
    }
}
