//! `.env` beside the configuration: what it gives, when it is refused, and that no value of it is shown.

use std::fs;
use std::path::PathBuf;

use routewarden::config::{ConfigReach, load};
use routewarden::model::{Credential, Secret};
use tempfile::TempDir;

use super::env;

const CONFIG: &str = "[identities.zoe]\nbearer = { env = \"ZOE_TOKEN\" }\n";

/// A folder with a configuration that reads `ZOE_TOKEN`, and with this `.env`, which its owner alone can read.
fn project(config: &str, env_file: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("routewarden.toml");
    fs::write(&path, config).unwrap();
    fs::write(folder.path().join(".env"), env_file).unwrap();
    set_mode(&folder, 0o600);
    (folder, path)
}

#[cfg(unix)]
fn set_mode(folder: &TempDir, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder.path().join(".env"), fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_folder: &TempDir, _mode: u32) {}

fn token(config: &str, env_file: &str) -> Result<Secret, String> {
    let (_folder, path) = project(config, env_file);
    let read = load(&path, &env).map_err(|error| error.to_string())?;
    match &read.identities[0].credential {
        Credential::Bearer(secret) => Ok(secret.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_variable_that_the_environment_lacks_comes_from_the_file() {
    for (env_file, value) in [
        ("ZOE_TOKEN=zoe-value-9\n", "zoe-value-9"),
        ("# test users\n\nOTHER=x\r\nexport ZOE_TOKEN = zoe-value-9  # of the seed\r\n", "zoe-value-9"),
        ("\u{feff}ZOE_TOKEN=a#b$HOME${X}=", "a#b$HOME${X}="),
        ("ZOE_TOKEN=\"a \\\"b\\\" # c\" # note", "a \"b\" # c"),
        ("ZOE_TOKEN='it'\\''s \"$x\" \\n'", "it's \"$x\" \\n"),
        ("ZOE_TOKEN=first\nZOE_TOKEN=last", "last"),
    ] {
        assert_eq!(token(CONFIG, env_file), Ok(Secret::new(value)), "{env_file:?}");
    }
}

#[test]
fn the_environment_wins_where_it_has_a_value() {
    let empty = CONFIG.replace("ZOE_TOKEN", "EMPTY");
    assert_eq!(token(&empty, "EMPTY=of-the-file"), Ok(Secret::new("of-the-file")));
    assert!(token(&empty, "OTHER=x").unwrap_err().contains("is empty"));
    let placeholder = CONFIG.replace("ZOE_TOKEN", "PLACEHOLDER");
    assert_eq!(token(&placeholder, "PLACEHOLDER=of-the-file"), Ok(Secret::new("of-the-file")));
    assert!(token(&placeholder, "OTHER=x").unwrap_err().contains("PLACEHOLDER is not set"));
    let config = CONFIG.replace("ZOE", "ALICE");
    assert_eq!(token(&config, "ALICE_TOKEN=of-the-file"), Ok(Secret::new("alice-value-1")));
}

#[test]
fn lines_that_cannot_be_read_are_named_by_their_number() {
    for (env_file, line) in [("A=b\nSECRETVALUE\n", 2), ("ZOE_TOKEN=\"SECRETVALUE\n", 1), ("\n\n2X=SECRETVALUE", 3)] {
        let said = token(CONFIG, env_file).unwrap_err();
        assert!(said.contains(&format!("line {line} of `.env`")), "{said}");
        assert!(!said.contains("SECRETVALUE"), "{said}");
    }
    let said = token(CONFIG, &format!("ZOE_TOKEN={}", "x".repeat(70_000))).unwrap_err();
    assert!(said.contains("failed to read `.env`: larger than"), "{said}");
    let said = token(CONFIG, "OTHER=x").unwrap_err();
    assert!(said.contains("ZOE_TOKEN is not set") && said.contains("into `.env` beside this file"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused_where_it_would_be_needed() {
    let (folder, path) = project(CONFIG, "ZOE_TOKEN=SECRETVALUE");
    for mode in [0o644, 0o640, 0o620, 0o606] {
        set_mode(&folder, mode);
        let said = load(&path, &env).unwrap_err().to_string();
        assert!(said.contains("`.env` is not read, as other users"), "{mode:o}: {said}");
        assert!(said.ends_with("help: chmod 600 .env") && !said.contains("SECRETVALUE"), "{mode:o}: {said}");
    }
    // The application's own `.env` is often readable: it is no concern where nothing is wanted from it.
    fs::write(&path, CONFIG.replace("ZOE", "ALICE")).unwrap();
    assert!(load(&path, &env).is_ok());
    set_mode(&folder, 0o400);
    fs::write(&path, CONFIG).unwrap();
    assert!(load(&path, &env).is_ok());
}

#[test]
fn the_file_is_part_of_what_a_configuration_reaches() {
    let (folder, path) = project(CONFIG, "ZOE_TOKEN=x");
    let env_file = folder.path().join(".env").canonicalize().unwrap();
    assert!(ConfigReach::of_file(&path).unwrap().secrets.contains(&env_file));
    fs::write(&path, "[scan]\nrate = 3\n").unwrap();
    assert!(ConfigReach::of_file(&path).unwrap().secrets.is_empty());
}
