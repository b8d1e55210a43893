//! The first configuration of a project.

use std::path::Path;

use routewarden::config::{InitFacts, InitScheme, parse, render_init};

#[test]
fn what_init_writes_can_be_read() {
    let schemes = [
        InitScheme::Bearer,
        InitScheme::Basic,
        InitScheme::ApiKeyHeader("X-API-Key".to_owned()),
        InitScheme::ApiKeyQuery("key".to_owned()),
        InitScheme::Cookie("session".to_owned()),
        InitScheme::Login {
            operation: "POST /login".to_owned(),
            username_field: "user name".to_owned(),
            password_field: "password".to_owned(),
            token: "/data/token".to_owned(),
        },
    ];
    for scheme in schemes {
        let facts = InitFacts {
            document: Some("docs/open\"api\n.yaml".to_owned()),
            base_url: Some("http://127.0.0.1:5000".to_owned()),
            source: Some(".".to_owned()),
            framework: Some("flask\n[scan]".to_owned()),
            scheme,
        };
        let text = render_init(&facts);
        let config = parse(&text, Path::new("."), "routewarden.toml", &|name| Some(format!("value of {name}")))
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let names: Vec<_> = config.identities.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["alice", "bob"]);
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
        // The administrator that is commented out is right, too.
        let admin = text.split_once("# [identities.root]").unwrap().1;
        let lines = admin.lines().take_while(|line| !line.contains("meant to be so"));
        let lines: Vec<_> = lines.map(|line| line.trim_start_matches("# ").trim_end_matches('#')).collect();
        let admin = format!("[identities.root]{}", lines.join("\n"));
        let config =
            parse(&admin, Path::new("."), "x", &|_| Some("v".to_owned())).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.identities[0].rank, 100);
    }
    assert!(parse(&render_init(&InitFacts::default()), Path::new("."), "x", &|_| Some("v".to_owned())).is_ok());
}
