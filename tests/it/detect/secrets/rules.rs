//! Runs the examples that stand beside each rule.

use std::collections::HashSet;
use std::path::Path;

use routewarden::detect::secrets::{describe_rule, rule_ids, scan_text};

use super::filled::{Dice, filled};

fn table() -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/detect/rules.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn examples(rule: &toml::Value, key: &str) -> Vec<String> {
    rule[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_whole_table_is_read() {
    let table = table();
    let rules = table["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert!(ids.len() >= 90, "{}", ids.len());
    assert_eq!(rule_ids(), ids);
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    for rule in rules {
        assert!(rule["source"].as_str().unwrap().starts_with("https://"), "{rule}");
        assert!(!examples(rule, "positive").is_empty() && !examples(rule, "negative").is_empty(), "{rule}");
        assert_eq!(describe_rule(rule["id"].as_str().unwrap()), rule["what"].as_str());
    }
}

#[test]
fn every_positive_example_is_found_by_its_rule_alone() {
    let mut faults = Vec::new();
    for rule in table()["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        for template in examples(rule, "positive") {
            for round in 0..20 {
                let text = filled(&template, &mut Dice::new(&format!("{id} {template} {round}")));
                let found: Vec<String> = scan_text(&text).into_iter().map(|found| found.rule).collect();
                if found != [id] {
                    faults.push(format!("{id}: {template}: {found:?}"));
                    break;
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_negative_example_is_found_by_any_rule() {
    let mut faults = Vec::new();
    for rule in table()["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        for template in examples(rule, "negative") {
            for round in 0..20 {
                let text = filled(&template, &mut Dice::new(&format!("{id} {template} {round}")));
                // What stands under a secret's name is one by that, whatever vendor it is not of.
                let by_form = |rule: &String| !rule.starts_with("field-");
                let found: Vec<String> = scan_text(&text).into_iter().map(|found| found.rule).filter(by_form).collect();
                if !found.is_empty() {
                    faults.push(format!("{id}: {template}: {found:?}"));
                    break;
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Ranges are the secret itself: nothing of what stands around it.
#[test]
fn the_range_is_the_secret() {
    let mut dice = Dice::new("range");
    let secret = filled("sk_live_<base62:24>", &mut dice);
    for (before, behind) in
        [("key=", "&x=1"), ("\"", "\"}"), ("ünïcode ", " …"), ("\\n", "\\n"), ("%3D", "."), ("", "")]
    {
        let text = format!("{before}{secret}{behind}");
        let found = scan_text(&text);
        assert_eq!(found.iter().map(|found| &text[found.range.clone()]).collect::<Vec<_>>(), [&secret], "{text}");
        assert_eq!(found[0].prefix.as_deref(), Some("sk_live_"));
    }
    // Within a longer word it is not one.
    assert!(scan_text(&format!("x{secret}")).is_empty() && scan_text(&format!("{secret}_tail")).is_empty());
}
