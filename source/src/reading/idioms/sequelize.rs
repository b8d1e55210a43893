//! Sequelize and Objection.

use super::{Does, Library};

pub(super) const LIBRARY: Library = Library {
    on_query: &[("deleteById", Does::Delete), ("findById", Does::FetchOne), ("patchAndFetchById", Does::Update)],
    on_class: &[
        ("bulkCreate", Does::Create),
        ("destroy", Does::Delete),
        ("findAll", Does::FetchMany),
        ("findAndCountAll", Does::FetchMany),
        ("findByPk", Does::FetchOne),
        ("query", Does::Chain),
    ],
    on_repository: &[("destroy", Does::Delete), ("findAll", Does::FetchMany), ("findByPk", Does::FetchOne)],
};
