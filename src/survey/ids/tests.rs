//! Which ids can be counted, which guessed, and the second id that does not exist.

use serde_json::json;

use super::{IdJudgement, how_guessable, judge_ids, other_missing_like};

fn of(ids: &[&str]) -> IdJudgement {
    judge_ids(&ids.iter().map(|id| (*id).to_owned()).collect(), 3)
}

fn is_countable(ids: &[&str]) -> bool {
    matches!(of(ids), IdJudgement::Countable(_))
}

#[test]
fn counters_are_counted_in_any_dress() {
    for ids in [
        ["1", "2", "7"],
        ["61041", "61057", "61093"],
        ["48120031", "48120032", "48120040"],
        ["INV-0017", "INV-0018", "INV-0031"],
        ["trip-61120", "trip-61121", "trip-70933"],
        ["ZmlsZToxNw", "ZmlsZToxOA", "ZmlsZTozMQ"],
        ["VHJpcDo3MDkzMw==", "VHJpcDo2MTEyMA==", "VHJpcDo2MTEyMQ=="],
        [
            "00000000-0000-0000-0000-000000000001",
            "00000000-0000-0000-0000-000000000002",
            "00000000-0000-0000-0000-00000000000a",
        ],
        [
            "e4f2a7d0-5f1b-11ef-9c7e-0242ac120002",
            "e4f2a9c4-5f1b-11ef-9c7e-0242ac120002",
            "e4f2ab22-5f1b-11ef-9c7e-0242ac120002",
        ],
    ] {
        assert!(is_countable(&ids), "{ids:?} {:?}", of(&ids));
    }
}

#[test]
fn what_is_random_or_chosen_is_not_counted() {
    for ids in [
        [
            "7d0f0a52-6b0e-4a58-9a41-0f6d9f6f9c11",
            "1c9d0a52-8b0e-4a58-8a41-af6d9f6f9c12",
            "a10f0a52-cb0e-4f58-9a41-bf6d9f6f9c13",
        ],
        [
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac97-774b-bcce-b302099a8058",
            "01890a5d-ac98-774b-bcce-b302099a8059",
        ],
        ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW", "01ARZ3NDEKTSV4RRFFQ69G5FAX"],
        ["5d41402abc4b2a76b9719d911017c592", "7d793037a0760186574b0282f2f435e7", "e4da3b7fbbce2345d7772b0674a318d5"],
        ["cus_7hk2v9qa", "cus_b91pz4tc", "cus_b91pz4t7"],
        ["alice", "bob", "carol"],
        ["ferry-strike", "why-i-resign", "tides-of-may"],
        ["2029", "2030", "2031"],
        ["20310509", "20310510", "20310511"],
        ["2031-05-09", "2031-05-10", "2031-05-11"],
        ["734128905512", "120077345901", "998120034411"],
        ["alice1@mail.example", "alice2@mail.example", "alice3@mail.example"],
    ] {
        assert!(matches!(of(&ids), IdJudgement::Sound(_)), "{ids:?} {:?}", of(&ids));
    }
}

#[test]
fn two_numbers_show_no_counter() {
    assert_eq!(of(&["41", "42"]), IdJudgement::TooFew);
    assert_eq!(of(&["key-alice-8821", "key-bob-8821"]), IdJudgement::TooFew);
    assert_eq!(of(&[]), IdJudgement::TooFew);
}

#[test]
fn short_numbers_names_and_their_wrappings_are_guessed() {
    for id in ["41", "61057", "INV-0017", "ZmlsZToxNw", "alice", "bob@mail.example", "ferry-strike", "why-i-resign"] {
        assert!(how_guessable(id).is_ok(), "{id}");
    }
    for id in [
        "7d0f0a52-6b0e-4a58-9a41-0f6d9f6f9c11",
        "cus_7hk2v9qa",
        "5d41402abc4b2a76b9719d911017c592",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "734128905512",
        "xkqzvbntrw",
        "V1StGXR8_Z5jdHi6B-myT",
    ] {
        assert!(how_guessable(id).is_err(), "{id}");
    }
}

#[test]
fn another_missing_id_keeps_the_form_and_is_never_the_known_one() {
    for (known, expected) in [
        (json!(41), json!(9_999_997)),
        (json!("61057"), json!("9999997")),
        (json!(9_999_997), None::<u64>.into()),
        (json!("48120031"), json!("99999997")),
        (json!("LN-4120"), json!("LN-9997")),
        (json!("INV-017"), json!("INV-997")),
    ] {
        assert_eq!(other_missing_like(&known).unwrap_or_default(), expected, "{known}");
    }
    for known in
        [json!("alice"), json!("bob@mail.example"), json!("trip-7"), json!("VHJpcDo3MDkzMw=="), json!("ferry-strike")]
    {
        let absent = other_missing_like(&known);
        assert!(absent.as_ref().is_some_and(|absent| absent.is_string() && *absent != known), "{known} {absent:?}");
    }
}
