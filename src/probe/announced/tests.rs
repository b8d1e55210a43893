//! Every spelling of a limit that servers are known to use.

use super::*;

fn answer(headers: &[(&str, &str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status: 200, headers, text: String::new(), json: None, truncated: false }
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap_or_default()
}

fn told(headers: &[(&str, &str)]) -> Option<(Option<u64>, u64, Option<u64>)> {
    let it = announced_limit(&answer(headers), now())?;
    Some((it.limit, it.left, it.window.map(|window| window.as_secs())))
}

#[test]
fn limits_are_read_in_every_spelling() {
    let epoch = now().as_second();
    let (soon, late) = ((epoch + 40).to_string(), (epoch * 1000 + 7_200_000).to_string());
    let x = |reset: &str| {
        told(&[("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", reset)])
    };
    assert_eq!(x("3600"), Some((Some(60), 12, Some(3_600))));
    assert_eq!(x(&soon), Some((Some(60), 12, Some(40))));
    assert_eq!(x(&late), Some((Some(60), 12, Some(7_200))));
    assert_eq!(x("Sun, 01 Mar 2026 13:00:00 GMT"), Some((Some(60), 12, Some(3_600))));
    assert_eq!(x("6m0s"), Some((Some(60), 12, Some(360))));
    let fields = [("ratelimit-limit", "100, 100;w=60"), ("ratelimit-remaining", "50"), ("ratelimit-reset", "5")];
    assert_eq!(told(&fields), Some((Some(100), 50, Some(5))));
    assert_eq!(told(&[("ratelimit", "limit=20, remaining=3, reset=86000")]), Some((Some(20), 3, Some(86_000))));
    let structured = [
        ("ratelimit", "\"burst\";r=9;t=10, \"daily\";r=4;t=4000"),
        ("ratelimit-policy", "\"burst\";q=10;w=10, \"daily\";q=20;w=86400"),
    ];
    assert_eq!(told(&structured), Some((Some(20), 4, Some(4_000))));
    assert_eq!(
        told(&[("ratelimit", "\"default\";r=50"), ("ratelimit-policy", "\"default\";q=100;w=3600")]),
        Some((Some(100), 50, Some(3_600)))
    );
    assert_eq!(
        told(&[("x-rate-limit-remaining-day", "7"), ("x-rate-limit-limit-day", "30")]),
        Some((Some(30), 7, Some(86_400)))
    );
    assert_eq!(told(&[("content-type", "application/json")]), None);

    assert_eq!(told(&[("x-ratelimit-remaining", "many")]), None);
}

#[test]
fn a_wish_to_wait_is_read_in_seconds_and_as_a_date() {
    let wait = |text: &str| retry_after(&answer(&[("retry-after", text)]), now()).map(|it| it.as_secs());
    assert_eq!(wait("120"), Some(120));
    assert_eq!(wait("Sun, 01 Mar 2026 12:02:00 GMT"), Some(120));
    assert_eq!(wait("Sun, 01 Mar 2026 11:00:00 GMT"), Some(0));

    assert_eq!(wait("soon"), None);
}
