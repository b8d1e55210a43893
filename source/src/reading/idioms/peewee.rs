//! Peewee, Pony, Beanie.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[
        ("dicts", Does::Chain),
        ("execute", Does::Fetch),
        ("get_or_none", Does::FetchOne),
        ("tuples", Does::Chain),
        ("to_list", Does::Fetch),
    ],
    on_class: &[
        ("delete", Does::Delete),
        ("delete_by_id", Does::Delete),
        ("filter", Does::Narrow),
        ("get", Does::FetchOne),
        ("get_by_id", Does::FetchOne),
        ("get_or_none", Does::FetchOne),
        ("select", Does::Chain),
        ("update", Does::Update),
        ("all", Does::FetchMany),
    ],
    on_repository: &[],
};
