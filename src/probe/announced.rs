//! What answers say of how often may be asked: `Retry-After` (RFC 9110), `RateLimit` in its drafts (fields of their own,
//! one list, one structured field), and the `X-RateLimit` fields of everyday servers.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::ask::Response;

/// Windows up to this length are simply waited for: they begin anew while a scan runs.
pub(super) const SHORT: Duration = Duration::from_secs(60);

/// What an operation announced of its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    /// Requests in one window.
    pub(super) limit: Option<u64>,
    /// Requests that are left.
    pub(super) left: u64,
    /// Time until the count begins anew.
    pub(super) window: Option<Duration>,
}

impl Announced {
    /// Whether it does not begin anew while a scan runs, as far as is known.
    pub(super) fn is_long(&self) -> bool {
        self.window.is_none_or(|window| window > SHORT)
    }
}

/// Returns the limit that an answer announces: of several the one that lasts longest and has least left.
pub(super) fn announced_limit(response: &Response, now: Timestamp) -> Option<Announced> {
    let mut all = limits_in_headers(response, now);
    for value in response.headers.iter().filter(|(name, _)| name == "ratelimit").map(|(_, value)| value) {
        all.extend(in_one_field(value, response.header("ratelimit-policy"), now));
    }
    all.into_iter().min_by_key(|it| (!it.is_long(), it.left))
}

/// Returns how long `Retry-After` asks to wait: seconds, or a date.
pub(super) fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    let text = response.header("retry-after")?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => until_date(text, now),
    }
}

/// `X-RateLimit-Remaining`, `RateLimit-Remaining`, `X-Rate-Limit-Remaining-Day`, each with its `Limit` and `Reset`.
fn limits_in_headers(response: &Response, now: Timestamp) -> Vec<Announced> {
    let mut all = Vec::new();
    for (name, value) in &response.headers {
        // Both `ratelimit` and `rate-limit` are in use.
        let plain = name.replace('-', "");
        if !plain.contains("ratelimit") || !plain.contains("remaining") {
            continue;
        }
        let Some(left) = first_number(value) else { continue };
        let beside = |part: &str| response.header(&name.replace("remaining", part));
        // The reset is exact; the window's name only bounds the time that is left.
        let window = beside("reset").and_then(|text| parse_wait(text, now)).or_else(|| named_window(name));
        all.push(Announced { limit: beside("limit").and_then(first_number), left, window });
    }

    all
}

/// `limit=100, remaining=50, reset=5`, or `"default";r=50;t=30`.
fn in_one_field(value: &str, policy: Option<&str>, now: Timestamp) -> Vec<Announced> {
    let pairs = parse_parameters(value, &[',', ';']);
    if let Some(left) = pairs.get("remaining").and_then(|text| first_number(text)) {
        let window = pairs.get("reset").and_then(|text| parse_wait(text, now));
        return vec![Announced { limit: pairs.get("limit").and_then(|text| first_number(text)), left, window }];
    }
    let policies: BTreeMap<&str, BTreeMap<&str, &str>> = policy.map(parse_items).unwrap_or_default();
    let of = |(name, parameters): (&str, BTreeMap<&str, &str>)| {
        let stated = policies.get(name);
        let left = parameters.get("r").and_then(|text| first_number(text))?;
        let time = parameters.get("t").or(stated.and_then(|policy| policy.get("w")));
        let window = time.and_then(|text| first_number(text)).map(Duration::from_secs);
        Some(Announced {
            limit: stated.and_then(|policy| policy.get("q")).and_then(|text| first_number(text)),
            left,
            window,
        })
    };

    parse_items(value).into_iter().filter_map(of).collect()
}

/// Items of a structured list (RFC 9651) by name, with their parameters.
fn parse_items(value: &str) -> BTreeMap<&str, BTreeMap<&str, &str>> {
    value
        .split(',')
        .map(|text| text.split_once(';').unwrap_or((text, "")))
        .map(|(name, rest)| (name.trim_matches(['"', ' ']), parse_parameters(rest, &[';'])))
        .collect()
}

fn parse_parameters<'a>(text: &'a str, between: &[char]) -> BTreeMap<&'a str, &'a str> {
    text.split(between)
        .filter_map(|part| part.trim().split_once('='))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect()
}

/// The number that a text begins with: `100, 100;w=60` says 100.
fn first_number(text: &str) -> Option<u64> {
    let text = text.trim().trim_matches('"');
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// A moment: seconds from now, seconds or milliseconds since 1970, a date, or a duration such as `6m0s`.
fn parse_wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    // No wait has a thousand million seconds: from there on a number is a moment since 1970, and from a thousand
    // times that on one in milliseconds.
    if let Ok(number) = text.parse::<f64>() {
        let seconds = match number {
            ..0.0 => return None,
            1e12.. => number / 1e3 - now.as_duration().as_secs_f64(),
            1e9.. => number - now.as_duration().as_secs_f64(),
            _ => number,
        };

        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }

    let duration = text.parse::<jiff::SignedDuration>().ok().and_then(|it| Duration::try_from(it).ok());
    duration.or_else(|| until_date(text, now))
}

fn until_date(text: &str, now: Timestamp) -> Option<Duration> {
    // Servers get the day of the week wrong; the date itself counts.
    let http = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let moment = http.parse_timestamp(text).or_else(|_| text.parse::<Timestamp>()).ok()?;
    // A date that has passed asks for no wait.
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
}

/// `x-ratelimit-remaining-day`
fn named_window(name: &str) -> Option<Duration> {
    let windows = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400), ("month", 2_592_000)];
    windows.into_iter().find(|(word, _)| name.contains(word)).map(|(_, seconds)| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests;
