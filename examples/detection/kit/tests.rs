//! The checksums against published values, and the labels against the documents they are of.

use super::codes::{base62, bech32, crc24, crc32, luhn_digit};
use super::draw::Draw;
use super::kind::{Case, Kind, OPEN, SHUT};
use crate::{alike, planted};

#[test]
fn checksums_equal_published_values() {
    // The check values of both sums are those of "123456789" (RFC 4880 and the catalogue of CRCs).
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    assert_eq!(crc24(b"123456789"), [0x21, 0xCF, 0x02]);
    // BIP 173, the first of its valid test vectors.
    assert_eq!(bech32("a", &[]), "a12uel5l");
    assert_eq!(luhn_digit("411111111111111"), 1);
    assert_eq!(base62(61, 6), "00000z");
}

#[test]
fn every_planted_case_says_where_its_secret_stands() {
    let mut draw = Draw::new(1);
    for kind in planted::kinds() {
        for case in kind.planted(15, &mut draw) {
            let secret = case.secret.clone().and_then(|range| case.text.get(range)).unwrap_or_default();
            assert!(secret.len() >= 8, "{} in {}: {secret:?}", case.kind, case.form);
            assert!(!case.text.contains([OPEN, SHUT]), "{} in {}", case.kind, case.form);
        }
    }
}

#[test]
fn no_look_alike_has_a_secret() {
    let mut draw = Draw::new(2);
    let cases: Vec<Case> = alike::kinds().iter().flat_map(|kind| kind.look_alikes(15, &mut draw)).collect();
    assert!(cases.iter().all(|case| case.secret.is_none() && !case.text.contains([OPEN, SHUT])));
}

#[test]
fn names_of_kinds_are_unique_and_a_third_is_held_out() {
    for kinds in [planted::kinds(), alike::kinds()] {
        let mut names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kinds.len());
        let n_held_out = kinds.iter().filter(|kind| kind.is_held_out()).count();
        assert!((20..=45).contains(&(100 * n_held_out / kinds.len())), "{n_held_out} of {}", kinds.len());
    }
}

#[test]
fn the_same_seed_gives_the_same_corpus() {
    fn corpus() -> Vec<String> {
        let mut draw = Draw::new(3);
        let cases = |kind: &Kind, draw: &mut Draw| kind.planted(3, draw);
        planted::kinds().iter().flat_map(|kind| cases(kind, &mut draw)).map(|case| case.text).collect()
    }
    assert_eq!(corpus(), corpus());
}
