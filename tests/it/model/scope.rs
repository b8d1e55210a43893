use std::net::IpAddr;

use routewarden::model::{Origin, Scope, ScopeError};
use url::Url;

fn ask(scope: &Scope, address: &str) -> Result<(), ScopeError> {
    scope.permit(Url::parse(address).unwrap()).map(|_| ())
}

#[test]
fn loopback_in_every_spelling_is_allowed_without_a_word() {
    let scope = Scope::default();
    for address in [
        "http://127.0.0.1:5000/x",
        "http://localhost/x",
        "http://api.localhost/x",
        "http://[::1]:80/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://LOCALHOST./",
    ] {
        assert_eq!(ask(&scope, address), Ok(()), "{address}");
    }
}

#[test]
fn everything_else_is_refused_until_it_is_listed() {
    let scope = Scope::default();
    for address in [
        "http://example.com/",
        "http://10.0.0.1/",
        "http://167772161/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "https://evil.example/?http://127.0.0.1",
        "http://evil.example#@127.0.0.1/",
    ] {
        assert!(matches!(ask(&scope, address), Err(ScopeError::OutOfScope(_))), "{address}");
    }
}

#[test]
fn user_info_is_refused_even_before_loopback() {
    let scope = Scope::default();
    assert!(matches!(ask(&scope, "http://127.0.0.1@evil.example/"), Err(ScopeError::UserInfo(_))));
    assert!(matches!(ask(&scope, "http://user:word@127.0.0.1/"), Err(ScopeError::UserInfo(_))));
}

#[test]
fn a_listed_origin_is_that_scheme_host_and_port_alone() {
    let scope = Scope::new([Origin::parse("https://api.example.com").unwrap()]);
    assert_eq!(ask(&scope, "https://api.example.com/x"), Ok(()));
    assert_eq!(ask(&scope, "https://api.example.com:443/x"), Ok(()));
    for address in ["http://api.example.com/", "https://api.example.com:8443/", "https://www.api.example.com/"] {
        assert!(ask(&scope, address).is_err(), "{address}");
    }
}

#[test]
fn names_must_lead_where_they_say() {
    let scope = Scope::new([Origin::parse("https://api.example.com").unwrap()]);
    let at = |text: &str| text.parse::<IpAddr>().unwrap();
    assert!(scope.permit_address("localhost", at("127.0.0.1")).is_ok());
    assert!(scope.permit_address("localhost", at("10.0.0.1")).is_err());
    assert!(scope.permit_address("api.example.com", at("93.184.216.34")).is_ok());
    assert!(scope.permit_address("api.example.com", at("169.254.169.254")).is_err());
    assert!(scope.permit_address("api.example.com", at("::ffff:169.254.169.254")).is_err());
    assert!(scope.permit_address("api.example.com", at("fe80::1")).is_err());
    assert!(scope.permit_address("api.example.com", at("fd00:ec2::254")).is_err());
    assert!(scope.permit_address("api.example.com", at("100.100.100.200")).is_err());
    assert!(scope.permit_address("api.example.com", at("fd00:ec2::255")).is_ok());
}
