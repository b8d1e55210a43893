//! Twin and trap servers for the tests of the engine: weak, repaired, and adversarial ones that look weak and are not.
//! They know nothing of the scanner; their own tests prove by plain requests that each attack works or is refused.

mod by_design;
mod counting;
mod envelopes;
mod exposure;
mod facts;
mod functions;
mod handed_in;
mod hashes;
mod kit;
mod leftovers;
mod lists;
mod market;
mod missing;
mod nested;
mod numbers;
mod objects;
mod oracles;
mod policies;
mod refusals;
mod requests;
mod secrets;
mod sharing;
mod surface;
mod tenants;
mod tokens;
mod undeclared;
mod urls;
mod views;

pub use kit::Twin;
pub use secrets::payment_key;

/// Every server, started: the weak ones with what must be confirmed in `expect`, the sound ones with nothing in it.
pub async fn all() -> Vec<Twin> {
    let mut twins = Vec::new();
    for draft in drafts() {
        twins.push(draft.serve().await);
    }
    twins
}

/// The server of that name, started.
pub async fn named(name: &str) -> Twin {
    let draft = drafts().into_iter().find(|draft| draft.name == name);
    draft.unwrap_or_else(|| panic!("there is no twin named {name}")).serve().await
}

fn drafts() -> Vec<kit::Draft> {
    [
        numbers::drafts(),
        objects::drafts(),
        lists::drafts(),
        handed_in::drafts(),
        nested::drafts(),
        functions::drafts(),
        missing::drafts(),
        tokens::drafts(),
        exposure::drafts(),
        secrets::drafts(),
        surface::drafts(),
        sharing::drafts(),
        policies::drafts(),
        refusals::drafts(),
        envelopes::drafts(),
        by_design::drafts(),
        market::drafts(),
        tenants::drafts(),
        hashes::drafts(),
        facts::drafts(),
        views::drafts(),
        oracles::drafts(),
        counting::drafts(),
        undeclared::drafts(),
        urls::drafts(),
        leftovers::drafts(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The set as a whole.
mod tests {
    use std::collections::HashSet;

    use super::all;

    #[tokio::test]
    async fn every_twin_has_its_own_name_and_at_least_half_are_sound() {
        let twins = all().await;
        assert_eq!(twins.iter().map(|twin| twin.name).collect::<HashSet<_>>().len(), twins.len());
        assert!(twins.iter().filter(|twin| twin.expect.is_empty()).count() * 2 >= twins.len());
    }

    #[tokio::test]
    async fn every_expectation_is_an_operation_of_the_document() {
        for twin in all().await {
            for (check, operation) in &twin.expect {
                let path = operation.strip_prefix("GET ").unwrap();
                assert!(twin.document["paths"][path]["get"].is_object(), "{} {check} {operation}", twin.name);
            }
        }
    }

    #[tokio::test]
    async fn identities_name_variables_that_exist_and_hold_no_secret() {
        for twin in all().await {
            let parsed: toml::Table = toml::from_str(&twin.identities_toml).unwrap();
            assert!(parsed["identities"].as_table().unwrap().len() >= 2, "{}", twin.name);
            for (name, value) in &twin.env {
                assert!(twin.identities_toml.contains(&format!("\"{name}\"")), "{} {name}", twin.name);
                assert!(!twin.identities_toml.contains(value.as_str()));
            }
        }
    }
}
