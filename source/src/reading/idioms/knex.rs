//! Knex.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[
        ("del", Does::Delete),
        ("insert", Does::Create),
        ("orderByRaw", Does::Chain),
        ("pluck", Does::Fetch),
        ("select", Does::Chain),
        ("whereIn", Does::Narrow),
        ("whereNot", Does::Exclude),
        ("whereNull", Does::Chain),
        ("whereRaw", Does::Narrow),
    ],
    on_class: &[],
    on_repository: &[
        ("insert", Does::Create),
        ("where", Does::Narrow),
        ("select", Does::Chain),
        ("first", Does::Fetch),
    ],
};
