//! Payment cards and bank accounts of other people, beside those of the caller and of the shop.

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, ok, unauthorized};

const SCHEME: Scheme = Scheme::ApiKey("X-Guest-Token");

pub(super) fn drafts() -> Vec<Draft> {
    vec![twin(true), twin(false)]
}

/// Digits with Luhn's digit behind them.
fn card(prefix: &str) -> String {
    let sum = |text: &str| -> u32 {
        let digits = text.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
        digits.map(|(i, d)| if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }).sum()
    };
    let all = (0..10).map(|digit| format!("{prefix}{digit}"));
    all.filter(|text| sum(text).is_multiple_of(10)).collect()
}

/// What a guest paid last, with a sample of the documentation and an order's number that is as long as a card's.
fn payment(who: &str) -> Value {
    let paid = card(if who == "alice" { "453201511283036" } else { "545421770093812" });
    json!({
        "guest": who, "paid_by": paid, "sample": "4111 1111 1111 1111",
        "order": if who == "alice" { "4532015112830361" } else { "5454217700938121" },
    })
}

fn answer(weak: bool, who: &str) -> Value {
    let shown: Vec<Value> = ["alice", "bob"].into_iter().filter(|guest| weak || *guest == who).map(payment).collect();
    json!({ "payments": shown, "pay_to": "IE64IRCE92050112345678", "desk": format!("{who}@inn.example") })
}

async fn payments(weak: bool, headers: HeaderMap) -> Response {
    let Some(who) = SCHEME.who(&headers) else { return unauthorized() };
    ok(answer(weak, who))
}

fn twin(weak: bool) -> Draft {
    Draft {
        name: if weak { "payments-weak" } else { "payments-repaired" },
        router: Router::new().route("/payments/recent", get(move |headers| payments(weak, headers))),
        document: Document::new("Inn", SCHEME).get("/payments/recent", "Recent payments", &answer(false, "alice")),
        identities: SCHEME.identities(&[("alice", "user"), ("bob", "user")]),
        expect: if weak { vec![("data/personal-data", "GET /payments/recent")] } else { vec![] },
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::{anonymous, get};

    #[tokio::test]
    async fn cards_of_others_are_given_only_in_the_weak_twin() {
        let (weak, repaired) = (named("payments-weak").await, named("payments-repaired").await);
        for (twin, n_payments) in [(&weak, 2), (&repaired, 1)] {
            let shown = get(twin, "alice", "/payments/recent").await;
            assert_eq!(shown.json()["payments"].as_array().unwrap().len(), n_payments);
            assert_eq!(shown.json()["payments"][0]["paid_by"].as_str().unwrap().len(), 16);
        }
        assert_eq!(anonymous(&weak, "/payments/recent").await.status, 401);
    }
}
