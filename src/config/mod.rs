//! `routewarden.toml`, the environment and Web Fuzzing Commons `auth.yaml` become settings. Reads files, sends nothing.

mod capped;
mod env_file;
mod error;
mod identities;
mod init;
mod intent;
mod load;
mod login;
mod operations;
mod reach;
mod reader;
mod secrets;
mod sections;
mod settings;
mod wfc;

pub use error::{ConfigError, Fault};
pub use init::{InitFacts, InitScheme, render_init};
pub use load::{load, parse};
pub use operations::{PatternRefused, check_pattern, operation_matches};
pub use reach::ConfigReach;
pub use settings::{Config, Detect, Llm, LlmEndpoint, ScanSettings, Suppression, Target};

/// What looks an environment variable up; a closure, so that tests need no environment of their own.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;
