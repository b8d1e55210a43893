//! `[intent]`: what is read, and what is said about what is wrong with it.

use jiff::civil::date;
use routewarden::model::{AccessLevel, IntentOrigin, IntentSubject, StatedIntent};

use super::{read, refused};

fn about(stated: &StatedIntent) -> (String, String, Option<u32>) {
    (stated.subject.to_string(), stated.level.to_string(), stated.source.line)
}

#[test]
fn both_forms_are_read_with_their_lines() {
    let config = read(
        r#"
[intent]
"GET /articles/{slug}" = "public"
"resource:order" = "owner"
"post  /reports" = { policy = "role:auditor", reason = " they audit ", expires = "2027-01-31" }
"GET /x" = { level = "signed-in", expires = 2027-02-01 }
[intent."DELETE /teams/{id}"]
policy = "Group"
"#,
    )
    .unwrap();
    let row = |subject: &str, level: &str, line| (subject.to_owned(), level.to_owned(), Some(line));
    assert_eq!(
        config.intent.iter().map(about).collect::<Vec<_>>(),
        [
            row("GET /articles/{slug}", "public", 3),
            row("resource:order", "owner", 4),
            row("POST /reports", "role:auditor", 5),
            row("GET /x", "signed-in", 6),
            row("DELETE /teams/{id}", "group", 7),
        ]
    );
    let [_, resource, report, x, team] = &config.intent[..] else { panic!("{:?}", config.intent) };
    assert_eq!(resource.subject, IntentSubject::Resource("order".to_owned()));
    assert_eq!(report.reason.as_deref(), Some("they audit"));
    assert_eq!((report.expires, x.expires), (Some(date(2027, 1, 31)), Some(date(2027, 2, 1))));
    assert_eq!((team.level.clone(), team.source.origin), (AccessLevel::Group, IntentOrigin::Configuration));
    assert_eq!(team.source.to_string(), "routewarden.toml:7");
}

#[test]
fn a_wrong_level_is_refused_with_place_value_and_advice() {
    assert_eq!(
        refused("[intent]\n\"GET /x\" = \"publik\"\n"),
        "routewarden.toml:2:12: `intent.\"GET /x\"`: `publik` is no level\n  |\n2 | \"GET /x\" = \"publik\"\n  |            ^^^^^^^^\nhelp: did you mean `public`? A level is public, signed-in, group, owner or role:NAME"
    );
}

#[test]
fn other_faults_say_what_to_do() {
    for (line, parts) in [
        ("\"FETCH /x\" = \"public\"", ["`FETCH` is no HTTP method", "as in \"GET /articles/{slug}\""]),
        ("\"/x\" = \"public\"", ["neither a method with a path nor a resource", "\"resource:order\""]),
        ("\"GET /x/*\" = \"public\"", ["it has no spaces and no `*`", "an operation"]),
        ("\"resource:\" = \"owner\"", ["it names no resource", "\"resource:order\""]),
        ("order = \"owner\"", ["`order` in [intent]", "\"resource:order\""]),
        ("\"GET /x\" = true", ["is a string, not a boolean", "2:"]),
        ("\"GET /x\" = {}", ["does not say who is meant to reach it", "add policy = "]),
        ("\"GET /x\" = { polcy = \"public\" }", ["unknown key `polcy`", "did you mean `policy`?"]),
        ("\"GET /x\" = { policy = \"public\", level = \"owner\" }", ["both `policy` and `level`", "keep one"]),
        ("\"GET /x\" = { policy = \"public\", expires = \"soon\" }", ["is a date", "2027-06-30"]),
    ] {
        let message = refused(&format!("[intent]\n{line}\n"));
        assert!(message.starts_with("routewarden.toml:2:"), "{message}");
        for part in parts {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}
