//! Objects of a tenant that all its members may read, though lists show each member only their own.

use axum::Router;
use serde_json::{Value, json};

use super::kit::{Document, Draft, Scheme, find, ok, only, refuse, signed, signed_at};

pub(super) fn drafts() -> Vec<Draft> {
    vec![deals(true), deals(false), team(false)]
}

/// Not scanned: the lists of the team show each member their own alone, and no stranger is configured who would be refused.
/// The engine suspects the reads of others' deals, as it must where the same answers may be a weakness.
#[expect(dead_code, reason = "kept for the day when the engine can tell")]
fn disputed() -> Vec<Draft> {
    vec![team(true)]
}

const SCHEME: Scheme = Scheme::Bearer;

fn tenant_of(who: &str) -> &'static str {
    if who == "bob" { "tnt-globex-2093" } else { "tnt-acme-7781" }
}

fn all() -> Value {
    let deal = |id: &str, who: &str, customer: &str, cents: u32| json!({"dealId": id, "tenantId": tenant_of(who), "owner": who, "customer": customer, "cents": cents});
    json!([
        deal("deal-80117", "alice", "Kestrel Fasteners", 8_812_000),
        deal("deal-80118", "alice", "Port Ellery Quays", 1_274_500),
        deal("deal-80240", "amy", "Sandwick Dairy", 3_390_900),
        deal("deal-80412", "bob", "Northern Rope Works", 6_105_000),
        deal("deal-80413", "bob", "Ostrava Bearings", 2_218_700),
    ])
}

/// Members of one tenant help each other out; the weak twin lets strangers do so as well.
fn deals(weak: bool) -> Draft {
    let people: &[_] = &[("alice", "user"), ("amy", "user"), ("bob", "user")];
    let expect = if weak { vec![("authz/bola-read", "GET /deals/{dealId}")] } else { vec![] };
    draft(if weak { "deals-weak" } else { "deals-tenant" }, people, (true, weak), expect)
}

/// Nobody outside the tenant is known to the scan, and the list shows either what is the caller's or what is the tenant's.
fn team(own: bool) -> Draft {
    let name = if own { "deals-team-own" } else { "deals-team" };
    draft(name, &[("alice", "user"), ("amy", "user")], (own, false), vec![])
}

fn draft(
    name: &'static str,
    people: &[(&str, &str)],
    (own, weak): (bool, bool),
    expect: Vec<(&'static str, &'static str)>,
) -> Draft {
    let deal = signed_at(SCHEME, move |who, id| {
        let found = find(&all(), "/dealId", id).filter(|deal| weak || deal["tenantId"] == tenant_of(who));
        found.map_or_else(|| refuse(404, "no such deal"), ok)
    });
    let list = signed(SCHEME, move |who| {
        let mine = |deal: &Value| if own { deal["owner"] == who } else { deal["tenantId"] == tenant_of(who) };
        ok(json!({"deals": only(&all(), mine)}))
    });
    Draft {
        name,
        router: Router::new()
            .route("/me", signed(SCHEME, |who| ok(json!({"login": who, "tenantId": tenant_of(who)}))))
            .route("/deals", list)
            .route("/deals/{dealId}", deal),
        document: Document::new("Sales", SCHEME)
            .get("/me", "Who am I", &json!({"login": "alice", "tenantId": "tnt-acme-7781"}))
            .get("/deals", "My deals", &json!({"deals": all()}))
            .get("/deals/{dealId}", "One deal", &all()[0]),
        identities: SCHEME.identities(people),
        expect,
    }
}

mod tests {
    use super::super::named;
    use super::super::requests::get;

    #[tokio::test]
    async fn a_deal_is_read_within_the_tenant_and_beyond_it_only_in_the_weak_twin() {
        for (name, stranger) in [("deals-weak", 200), ("deals-tenant", 404)] {
            let twin = named(name).await;
            assert!(!get(&twin, "alice", "/deals").await.has("Sandwick"));
            assert!(get(&twin, "alice", "/deals/deal-80240").await.has("Sandwick"));
            assert!(get(&twin, "amy", "/deals/deal-80117").await.has("Kestrel"));
            assert_eq!(get(&twin, "bob", "/deals/deal-80117").await.status, stranger);
            assert_eq!(get(&twin, "amy", "/deals/deal-80412").await.status, stranger);
        }
        let team = named("deals-team").await;
        assert!(get(&team, "amy", "/deals/deal-80117").await.has("Kestrel"));
        assert!(get(&team, "amy", "/deals").await.has("Kestrel") && !get(&team, "amy", "/deals").await.has("Ostrava"));
    }
}
