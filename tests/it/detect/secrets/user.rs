//! The user's own rules.

use routewarden::detect::secrets::load_user_rules;

const FILE: &str = r#"
title = "ours"

[[rules]]
id = "shop-key"
description = "A key of our shop"
regex = '''shopkey:([a-z0-9]{20})'''
secretGroup = 1
entropy = 3
keywords = ["SHOPKEY"]
[[rules.allowlists]]
stopwords = ["abcdefgh"]

[[rules]]
regex = "x"

[[rules]]
id = "go-only"
regex = '''(?<!a)b'''

[[rules]]
id = "paths"
path = '''\.pem$'''

[[allowlists]]
regexTarget = "line"
regexes = ["nosecret"]
"#;

#[test]
fn usable_rules_are_used_and_the_others_told_with_their_lines() {
    let rules = load_user_rules(FILE).unwrap();
    assert_eq!(rules.n_rules(), 1);
    let refused: Vec<(&str, usize)> = rules.refused.iter().map(|rule| (rule.id.as_str(), rule.line)).collect();
    assert_eq!(refused, [("", 14), ("go-only", 17), ("paths", 21)]);
    assert!(rules.refused[0].reason.contains("`id`") && rules.refused[1].reason.contains("look-around"));

    let text = "a shopkey:k3v9q0z1x8w7m2n4b6t5 b";
    let found = rules.scan(text);
    assert_eq!(found.iter().map(|found| &text[found.range.clone()]).collect::<Vec<_>>(), ["k3v9q0z1x8w7m2n4b6t5"]);
    assert_eq!(found[0].rule, "shop-key");
    for silent in [
        "shopkey:aaaaaaaaaaaaaaaaaaaa",
        "shopkey:abcdefgh1x8w7m2n4b6t",
        "shopkey:k3v9q0z1x8w7m2n4b6t5 # nosecret",
        "k3v9q0z1x8w7m2n4b6t5",
    ] {
        assert!(rules.scan(silent).is_empty(), "{silent}");
    }
}

#[test]
fn a_file_that_builds_upon_another_is_refused_with_a_sentence() {
    let reason = load_user_rules("[extend]\nuseDefault = true\n").unwrap_err().to_string();
    assert!(reason.contains("[extend]") && reason.starts_with("line 1"), "{reason}");
    assert!(load_user_rules("rules = [").unwrap_err().to_string().contains("TOML"));
    assert_eq!(load_user_rules("").unwrap().n_rules(), 0);
}

#[test]
fn an_allow_list_that_asks_for_a_place_as_well_allows_nothing() {
    let scan = |list: &str| {
        let rule = "[[rules]]\nid = \"shop-key\"\nregex = '''shopkey:([a-z0-9]{20})'''\n\n";
        let rules = load_user_rules(&format!("{rule}{list}")).unwrap();
        rules.scan("shopkey:k3v9q0z1x8w7m2n4b6t5 # nosecret").len()
    };
    let line = "regexTarget = \"line\"\nregexes = [\"nosecret\"]\n";
    assert_eq!(scan(&format!("[[allowlists]]\n{line}")), 0);
    // gitleaks takes any of them unless the file says `AND`.
    assert_eq!(scan(&format!("[[allowlists]]\npaths = ['''test''']\n{line}")), 0);
    for condition in ["AND", "and", "&&"] {
        let all = format!("[[allowlists]]\ncondition = \"{condition}\"\n");
        assert_eq!(scan(&format!("{all}{line}")), 0, "{condition}");
        assert_eq!(scan(&format!("{all}paths = ['''test''']\n{line}")), 1, "{condition}");
        assert_eq!(scan(&format!("{all}commits = [\"abc\"]\n{line}")), 1, "{condition}");
        assert_eq!(scan(&format!("{all}stopwords = [\"other\"]\n{line}")), 1, "{condition}");
    }
    assert_eq!(scan(&format!("[[allowlists]]\ntargetRules = [\"shop-key\"]\n{line}")), 0);
    assert_eq!(scan(&format!("[[allowlists]]\ntargetRules = [\"other\"]\n{line}")), 1);
}
