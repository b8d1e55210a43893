//! Identifiers as types, so that a check id is never mistaken for a finding id.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub String);
        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self { Self(text.to_owned()) }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self { Self(text) }
        }
    };
}

id!(
    /// `GET /invoices/{invoice_id}`: method and path template, unique within one document.
    OperationId
);
id!(
    /// `rw-` and 16 hexadecimal digits; the same weakness has the same id in every scan.
    FindingId
);
id!(
    /// 128 random bits in hexadecimal; names one stored scan.
    ScanId
);
id!(
    /// `family/kebab-name`, as in the catalogue of checks.
    CheckId
);

impl CheckId {
    /// The part before the slash.
    pub fn family(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}
