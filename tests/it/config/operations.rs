//! Operation patterns.

use proptest::prelude::*;
use routewarden::config::operation_matches;

#[test]
fn patterns_match_as_documented() {
    for (pattern, method, path, expected) in [
        ("GET /createdb", "GET", "/createdb", true),
        ("GET /createdb", "POST", "/createdb", false),
        ("get /createdb", "GET", "/createdb/", true),
        ("/createdb", "DELETE", "/createdb", true),
        ("* /createdb", "DELETE", "/createdb", true),
        ("POST /payments/*", "POST", "/payments/{id}", true),
        ("POST /payments/*", "POST", "/payments/{id}/refund", true),
        ("POST /payments/*", "POST", "/payments", false),
        ("POST /payments*", "POST", "/payments", true),
        ("GET /users/{id}", "GET", "/users/{user_id}", true),
        ("GET /users/{id}", "GET", "/users/7", true),
        ("GET /users/{id}", "GET", "/users/7/keys", false),
        ("GET /users/{id}/keys", "GET", "/users/{u}/keys", true),
        ("GET /users/{id}.json", "GET", "/users/{u}.json", true),
        ("*/admin/*", "GET", "/v1/admin/x", true),
        ("GET /Users", "GET", "/users", false),
        ("GET /*", "GET", "/", true),
        ("", "GET", "/", false),
        ("FETCH /x", "FETCH", "/x", false),
    ] {
        assert_eq!(operation_matches(pattern, method, path), expected, "{pattern} on {method} {path}");
    }
}

proptest! {
    #[test]
    fn a_path_matches_itself(path in "(/[a-z0-9._-]{1,12}|/[{][a-z]{1,8}[}]){1,5}") {
        let pattern = format!("GET {path}");
        prop_assert!(operation_matches(&pattern, "GET", &path), "{}", pattern);
        prop_assert!(operation_matches("*", "GET", &path), "{}", path);
    }
}

#[test]
fn many_wildcards_cost_no_more_than_length_times_length() {
    let pattern = format!("/{}x", "*a".repeat(900));
    assert!(!operation_matches(&pattern, "GET", &format!("/{}", "a".repeat(1900))));
}
