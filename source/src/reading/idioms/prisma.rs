//! Prisma, and drizzle's relational queries.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[],
    on_class: &[],
    on_repository: &[
        ("count", Does::FetchMany),
        ("create", Does::Create),
        ("createMany", Does::Create),
        ("delete", Does::Delete),
        ("findFirst", Does::FetchOne),
        ("findFirstOrThrow", Does::FetchOne),
        ("findMany", Does::FetchMany),
        ("findUnique", Does::FetchOne),
        ("findUniqueOrThrow", Does::FetchOne),
        ("update", Does::Update),
        ("upsert", Does::Update),
    ],
};
