//! Django's ORM, Tortoise, MongoEngine.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[
        ("aget", Does::FetchOne),
        ("acreate", Does::Create),
        ("afirst", Does::Fetch),
        ("aggregate", Does::Fetch),
        ("annotate", Does::Chain),
        ("bulk_create", Does::Create),
        ("create", Does::Create),
        ("defer", Does::Chain),
        ("earliest", Does::Fetch),
        ("exclude", Does::Exclude),
        ("get_or_create", Does::FetchOne),
        ("in_bulk", Does::FetchMany),
        ("iterator", Does::Fetch),
        ("last", Does::Fetch),
        ("latest", Does::Fetch),
        ("none", Does::Chain),
        ("only", Does::Chain),
        ("prefetch_related", Does::Chain),
        ("reverse", Does::Chain),
        ("select_for_update", Does::Chain),
        ("select_related", Does::Chain),
        ("update_or_create", Does::FetchOne),
        ("using", Does::Chain),
        ("values_list", Does::Chain),
    ],
    on_class: &[("get_or_create", Does::FetchOne)],
    on_repository: &[],
};
