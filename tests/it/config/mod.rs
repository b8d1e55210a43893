//! Configuration files: what they say, and what is said about what is wrong with them.

mod env_file;
mod errors;
mod init;
mod intent;
mod operations;
mod settings;
mod wfc;

use std::path::Path;

use routewarden::config::{Config, ConfigError, parse};

/// Variables that every test has.
fn env(name: &str) -> Option<String> {
    match name {
        "ALICE_TOKEN" => Some("alice-value-1".to_owned()),
        "BOB_PASSWORD" => Some("bob-value-2\n".to_owned()),
        "ROOT_TOKEN" => Some("root-value-3".to_owned()),
        "EMPTY" => Some("  ".to_owned()),
        "PLACEHOLDER" => Some("${env:PLACEHOLDER}".to_owned()),
        "BROKEN" => Some("a\nb".to_owned()),
        _ => None,
    }
}

fn read(text: &str) -> Result<Config, ConfigError> {
    parse(text, Path::new("/nowhere"), "routewarden.toml", &env)
}

fn refused(text: &str) -> String {
    read(text).unwrap_err().to_string()
}
