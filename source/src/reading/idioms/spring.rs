//! Spring Data.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[
        ("isEmpty", Does::Fetch),
        ("isPresent", Does::Fetch),
        ("orElse", Does::Fetch),
        ("orElseGet", Does::Fetch),
        ("orElseThrow", Does::Fetch),
    ],
    on_class: &[],
    on_repository: &[
        ("deleteById", Does::Delete),
        ("existsById", Does::FetchOne),
        ("findAll", Does::FetchMany),
        ("findAllById", Does::FetchMany),
        ("getById", Does::FetchOne),
        ("getOne", Does::FetchOne),
        ("getReferenceById", Does::FetchOne),
        ("saveAndFlush", Does::Update),
        ("all", Does::FetchMany),
        ("get", Does::FetchOne),
        ("filter", Does::Narrow),
    ],
};
