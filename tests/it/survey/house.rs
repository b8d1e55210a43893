//! Fields that are for the house alone, and what a field gives away by its name and value.

use routewarden::model::Severity;
use routewarden::survey::{house_field, leaves_of, sounds_internal};
use serde_json::json;

use super::leaves::response;

#[test]
fn what_is_for_the_house_alone_is_told_by_name_and_value() {
    let answer = response(json!({
        "internalNotes": "pays late", "cost_price": 12.5, "ssn": "078-05-1120",
        "staff_note": "", "margin": 3, "risk_score": 0, "passport_number": "yes", "admin_note": true,
    }));
    let found: Vec<(String, Severity)> =
        leaves_of(&answer).iter().filter_map(|leaf| Some((leaf.key.clone(), house_field(leaf)?.severity))).collect();
    let named = |name: &str| found.iter().find(|(key, _)| key == name).map(|(_, severity)| *severity);
    assert_eq!(named("internalNotes"), Some(Severity::Low));
    assert_eq!(named("cost_price"), Some(Severity::Low));
    assert_eq!(named("ssn"), Some(Severity::Medium));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(sounds_internal("is_banned") && sounds_internal("roles") && !sounds_internal("colour"));
}

#[test]
fn a_field_gives_away_what_its_name_and_its_value_say() {
    let answer = response(json!({
        "password": "hunter2-and-more", "password_hint": null, "has_password": true, "title": "A field",
    }));
    let kinds: Vec<&str> = leaves_of(&answer).iter().filter_map(|leaf| Some(leaf.exposes()?.kind)).collect();
    assert_eq!(kinds, ["password"]);
}
