//! Rules by which the token of one user becomes that of another.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::model::Secret;

/// A token with the names of its owner.
pub(super) struct Named {
    pub(super) caller: String,
    pub(super) token: Secret,
    /// The token is a whole line of cookies.
    pub(super) is_cookie_header: bool,
    /// Kind of the name (number, name, address), and the name.
    pub(super) names: Vec<(String, String)>,
}

/// The greatest step between two tokens that are counted.
const MOST_STEPS: u128 = 16;
/// Fewer digits may be near each other by chance.
const LEAST_DIGITS: usize = 5;

/// Returns the rule that makes the second token from the first. Of a cookie header all parts must follow one: a session may
/// rest on the one part that does not.
pub(super) fn remaking_of(one: &Named, other: &Named) -> Option<String> {
    let (own, theirs) = (one.parts(), other.parts());
    let differing: Vec<(&str, &str)> = own.into_iter().zip(theirs).filter(|(own, theirs)| own != theirs).collect();
    let rules: Option<Vec<String>> = differing.iter().map(|pair| part_remaking(one, other, *pair)).collect();
    rules?.into_iter().next()
}

impl Named {
    fn parts(&self) -> Vec<&str> {
        let whole = self.token.expose();
        match self.is_cookie_header {
            true => whole.split("; ").map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value)).collect(),
            false => vec![whole],
        }
    }
}

fn part_remaking(one: &Named, other: &Named, (own, theirs): (&str, &str)) -> Option<String> {
    let readings = [("", plain as fn(&str) -> Option<String>), (" in base64", of_base64), (" in hex", of_hex)];
    readings.into_iter().find_map(|(how, read)| {
        let (own, theirs) = (read(own)?, read(theirs)?);
        let rule = renamed(one, other, (&own, &theirs)).or_else(|| counted(&own, &theirs))?;
        Some(format!("{rule}{how}"))
    })
}

fn plain(token: &str) -> Option<String> {
    Some(token.to_owned())
}

fn of_base64(token: &str) -> Option<String> {
    let text = token.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok()?;
    String::from_utf8(bytes).ok()
}

fn of_hex(token: &str) -> Option<String> {
    if !token.len().is_multiple_of(2) || !token.is_ascii() {
        return None;
    }
    let digits = token.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(digits.collect::<Option<Vec<u8>>>()?).ok()
}

/// Returns the rule where the names in one token, put in the other's place, give the other token.
fn renamed(one: &Named, other: &Named, (own, theirs): (&str, &str)) -> Option<String> {
    let same_kind = |kind: &str| other.names.iter().find(|(known, _)| known == kind).map(|(_, name)| name.as_str());
    let mut names: Vec<(&str, &str)> =
        one.names.iter().filter_map(|(kind, name)| Some((name.as_str(), same_kind(kind)?))).collect();
    names.retain(|(name, theirs)| name != theirs && name.len() > 1);
    // A name within an address is replaced with the address.
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let hash =
        |text: &str| -> String { Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect() };
    if names.iter().any(|(name, their)| own == hash(name) && theirs == hash(their)) {
        return Some("the hash (SHA-256) of the other's name".to_owned());
    }
    let remade = names.iter().fold(own.to_owned(), |text, (name, their)| text.replace(name, their));
    (remade == theirs).then(|| "with the other's name in the place of its own".to_owned())
}

/// Returns the rule where two numbers follow each other.
fn counted(own: &str, theirs: &str) -> Option<String> {
    let number = |text: &str| text.parse::<u128>().ok().filter(|_| text.len() >= LEAST_DIGITS);
    let steps = number(own)?.abs_diff(number(theirs)?);
    (steps <= MOST_STEPS).then(|| format!("counted on by {steps}"))
}

#[cfg(test)]
mod tests {
    use super::{Named, remaking_of};
    use crate::model::Secret;

    fn named(caller: &str, number: &str, token: &str) -> Named {
        let names = vec![("number".to_owned(), number.to_owned()), ("name".to_owned(), caller.to_owned())];
        Named { caller: caller.to_owned(), token: Secret::new(token), is_cookie_header: token.contains("; "), names }
    }

    #[test]
    fn tokens_that_are_made_of_names_are_remade() {
        let rule = |own: &str, theirs: &str| remaking_of(&named("alice", "41", own), &named("bob", "42", theirs));
        assert!(rule("token-alice-v1", "token-bob-v1").is_some());
        assert!(rule("YWxpY2U6dXNlcg==", "Ym9iOnVzZXI=").is_some_and(|rule| rule.ends_with("base64")));
        assert!(rule("616c696365", "626f62").is_some_and(|rule| rule.ends_with("hex")));
        assert!(rule("sid=100017; lang=en", "sid=100019; lang=en").is_some_and(|rule| rule.contains("counted")));
        assert_eq!(rule("sid=9f2c4e7a1b3d5f60; user=100017", "sid=0a8d6b4c2e1f3a59; user=100019"), None);
        let alice = "2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90";
        let bob = "81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9";
        assert!(rule(alice, bob).is_some_and(|rule| rule.contains("SHA-256")));
    }

    #[test]
    fn random_tokens_are_not() {
        let rule = |own: &str, theirs: &str| remaking_of(&named("alice", "41", own), &named("bob", "42", theirs));
        assert_eq!(rule("9f2c4e7a1b3d5f60", "0a8d6b4c2e1f3a59"), None);
        assert_eq!(rule("token-alice-9f2c4e7a", "token-bob-0a8d6b4c"), None);
        assert_eq!(rule("483920175", "910284756"), None);
    }
}
