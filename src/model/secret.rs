//! Values that must never be printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A token, password or key. `Debug` and `Display` print a placeholder; it does not serialise.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a value into keeping.
    pub fn new(value: impl Into<String>) -> Self {
        Self(SecretString::from(value.into()))
    }

    /// The value itself, for the wire and for the redactor's needles alone.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}
