//! TypeORM and MikroORM.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[
        ("andWhere", Does::Narrow),
        ("getMany", Does::Fetch),
        ("getManyAndCount", Does::Fetch),
        ("getOne", Does::Fetch),
        ("getOneOrFail", Does::Fetch),
        ("getRawMany", Does::Fetch),
        ("getRawOne", Does::Fetch),
        ("innerJoinAndSelect", Does::Chain),
        ("leftJoinAndSelect", Does::Chain),
        ("orWhere", Does::Exclude),
        ("setParameter", Does::Chain),
        ("skip", Does::Chain),
        ("take", Does::Chain),
    ],
    on_class: &[("findOneBy", Does::FetchOne), ("findBy", Does::FetchMany), ("findOneOrFail", Does::FetchOne)],
    on_repository: &[
        ("createQueryBuilder", Does::Chain),
        ("exist", Does::FetchOne),
        ("exists", Does::FetchOne),
        ("findAndCount", Does::FetchMany),
        ("findBy", Does::FetchMany),
        ("findOneBy", Does::FetchOne),
        ("findOneByOrFail", Does::FetchOne),
        ("findOneOrFail", Does::FetchOne),
        ("merge", Does::Chain),
        ("preload", Does::FetchOne),
        ("remove", Does::Delete),
        ("save", Does::Update),
        ("softDelete", Does::Delete),
        ("softRemove", Does::Delete),
        ("query", Does::FetchMany),
    ],
};
