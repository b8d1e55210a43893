//! Which of several statements of intent holds.

use jiff::civil::{Date, date};
use routewarden::model::{
    AccessLevel, IntentConflict, IntentMemory, IntentOrigin, IntentSource, IntentSubject, OperationId, StatedIntent,
};

const TODAY: Date = date(2027, 1, 31);

fn stated(about: &str, level: &str, origin: IntentOrigin, line: u32) -> StatedIntent {
    let subject = match about.strip_prefix("resource:") {
        Some(name) => IntentSubject::Resource(name.to_owned()),
        None => IntentSubject::Operation(about.into()),
    };
    StatedIntent {
        subject,
        level: AccessLevel::parse(level).unwrap(),
        reason: None,
        expires: None,
        source: IntentSource { origin, file: "file".to_owned(), line: Some(line), of_path: false },
    }
}

fn until(mut stated: StatedIntent, last: Date) -> StatedIntent {
    stated.expires = Some(last);
    stated
}

fn memory(statements: &[StatedIntent]) -> Result<IntentMemory, IntentConflict> {
    IntentMemory::new(statements.iter().cloned(), TODAY)
}

fn line_of(found: Option<&StatedIntent>) -> Option<u32> {
    found.and_then(|stated| stated.source.line)
}

use IntentOrigin::{Configuration, Document, Overlay};

#[test]
fn levels_are_read_shown_and_ordered() {
    for name in ["public", "signed-in", "group", "owner", "role:auditor"] {
        assert_eq!(AccessLevel::parse(name).unwrap().to_string(), name);
    }
    assert_eq!(AccessLevel::parse(" Signed-In "), Some(AccessLevel::SignedIn));
    for wrong in ["", "publik", "role", "role:", "role: ", "team:x", "role:a\nb"] {
        assert_eq!(AccessLevel::parse(wrong), None, "{wrong}");
    }
    let wide_to_narrow = [AccessLevel::Public, AccessLevel::SignedIn, AccessLevel::Group, AccessLevel::Owner];
    assert!(wide_to_narrow.is_sorted_by(|one, other| one < other));
    let (one, other) = (AccessLevel::Role("a".to_owned()), AccessLevel::Role("b".to_owned()));
    assert_eq!((one.partial_cmp(&other), one.partial_cmp(&AccessLevel::Owner)), (None, None));
    assert!(AccessLevel::advice("publik").starts_with("did you mean `public`?"));
    assert!(AccessLevel::advice("signed_in").starts_with("did you mean `signed-in`?"));
    assert_eq!(AccessLevel::advice("whatever it takes"), "a level is public, signed-in, group, owner or role:NAME");
}

#[test]
fn the_weightier_origin_holds_whatever_the_order() {
    let mut all = [
        stated("GET /x", "owner", Document, 1),
        stated("GET /x", "group", Overlay, 2),
        stated("GET /x", "public", Configuration, 3),
    ];
    for _ in 0..3 {
        all.rotate_left(1);
        assert_eq!(line_of(memory(&all).unwrap().of_operation(&"GET /x".into())), Some(3));
    }
    assert_eq!(line_of(memory(&all[..1]).unwrap().of_operation(&"GET /y".into())), None);
}

#[test]
fn what_has_expired_makes_room_and_is_noted() {
    let all = [
        until(stated("GET /x", "public", Configuration, 7), date(2027, 1, 30)),
        until(stated("GET /x", "owner", Document, 2), TODAY),
    ];
    let memory = memory(&all).unwrap();
    assert_eq!(line_of(memory.of_operation(&"GET /x".into())), Some(2));
    let [note] = memory.notes() else { panic!("{:?}", memory.notes()) };
    assert!(note.contains("`GET /x`") && note.contains("file:7") && note.contains("2027-01-30"), "{note}");
}

#[test]
fn a_word_on_the_operation_goes_before_one_on_its_path_unless_it_expired() {
    let mut of_path = stated("GET /x", "owner", Document, 1);
    of_path.source.of_path = true;
    let own = stated("GET /x", "public", Document, 2);
    let id: OperationId = "GET /x".into();
    assert_eq!(line_of(memory(&[of_path.clone(), own.clone()]).unwrap().of_operation(&id)), Some(2));
    let own = until(own, date(2020, 1, 1));
    assert_eq!(line_of(memory(&[own, of_path.clone()]).unwrap().of_operation(&id)), Some(1));
    of_path.source.origin = Overlay;
    let own = stated("GET /x", "public", Document, 2);
    assert_eq!(line_of(memory(&[of_path, own]).unwrap().of_operation(&id)), Some(1));
}

#[test]
fn an_operation_goes_before_its_resource_within_one_origin() {
    let id: OperationId = "GET /orders/stats".into();
    let one = stated("GET /orders/stats", "public", Document, 1);
    let all = [one.clone(), stated("resource:Order", "owner", Document, 2)];
    let memory_of = memory(&all).unwrap();
    assert_eq!(line_of(memory_of.of(&id, Some("order"))), Some(1));
    assert_eq!(line_of(memory_of.of(&"GET /orders".into(), Some("order"))), Some(2));
    assert_eq!(line_of(memory_of.of(&"GET /orders".into(), None)), None);
    assert_eq!(line_of(memory_of.of_resource(" ORDER ")), Some(2));
    let memory_of = memory(&[one, stated("resource:order", "owner", Configuration, 3)]).unwrap();
    assert_eq!(line_of(memory_of.of(&id, Some("order"))), Some(3));
    assert_eq!(memory_of.all().count(), 2);
}

#[test]
fn two_of_one_weight_that_disagree_are_refused_by_place() {
    let all =
        [stated("resource:order", "owner", Configuration, 4), stated("resource:Order", "public", Configuration, 9)];
    let text = memory(&all).unwrap_err().to_string();
    assert_eq!(
        text,
        "the intent of `resource:order` is stated as `owner` in file:4 and as `public` in file:9; keep one of them"
    );
    let all = [stated("GET /x", "owner", Document, 4), stated("GET /x", "public", Document, 9)];
    assert!(memory(&all).unwrap_err().to_string().contains("under [intent] of routewarden.toml"));
    // Saying the same twice is no contradiction, and a weightier word settles one.
    let same = [all[0].clone(), stated("GET /x", "owner", Document, 9)];
    assert_eq!(line_of(memory(&same).unwrap().of_operation(&"GET /x".into())), Some(4));
    let settled = [all[0].clone(), all[1].clone(), stated("GET /x", "group", Configuration, 1)];
    assert_eq!(line_of(memory(&settled).unwrap().of_operation(&"GET /x".into())), Some(1));
    let expired = [all[0].clone(), until(all[1].clone(), date(2020, 1, 1))];
    assert_eq!(line_of(memory(&expired).unwrap().of_operation(&"GET /x".into())), Some(4));
}
