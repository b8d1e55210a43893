//! What is known of frameworks and data libraries. One file a library; here is only how they are asked.

mod django;
mod knex;
mod mongo;
mod peewee;
mod prisma;
mod requests;
mod sequelize;
mod spring;
mod sqlalchemy;
mod typeorm;
mod vocabulary;

pub(super) use requests::{request_method, request_part};
pub(super) use vocabulary::{
    CHANGES, CONDITION_KEYS, CONNECTION_MAKERS, CONNECTION_TYPES, DISCARDED_ROOTS, DISCARDS, EQUALS, FETCHES_ONE,
    NEGATIONS, OPTION_KEYS, PUBLIC_WORDS, QUERY_FIELDS, STOPS, is_connection, is_datalike, throws_if_absent,
};

/// What a verb stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerbReceiver {
    /// A query that was begun.
    Query,
    /// The model itself.
    Class,
    /// What holds the objects of one model.
    Repository,
}

/// What a verb does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// It leaves the conditions as they are.
    Chain,
    /// It adds conditions.
    Narrow,
    /// It adds conditions of what is not wanted.
    Exclude,
    /// It sends the query.
    Fetch,
    /// It adds conditions and sends the query for one object.
    FetchOne,
    /// It adds conditions and sends the query for many objects.
    FetchMany,
    Update,
    Delete,
    Create,
}

/// What one library's verbs do.
pub(super) struct Library {
    pub(super) on_query: &'static [(&'static str, Does)],
    pub(super) on_class: &'static [(&'static str, Does)],
    pub(super) on_repository: &'static [(&'static str, Does)],
}

static LIBRARIES: [&Library; 9] = [
    &sqlalchemy::LIBRARY,
    &django::LIBRARY,
    &peewee::LIBRARY,
    &mongo::LIBRARY,
    &prisma::LIBRARY,
    &typeorm::LIBRARY,
    &sequelize::LIBRARY,
    &knex::LIBRARY,
    &spring::LIBRARY,
];

/// Returns what a verb does on something of that shape.
pub(super) fn find_verb(shape: VerbReceiver, name: &str) -> Option<Does> {
    LIBRARIES.iter().find_map(|library| {
        let verbs = match shape {
            VerbReceiver::Query => library.on_query,
            VerbReceiver::Class => library.on_class,
            VerbReceiver::Repository => library.on_repository,
        };
        verbs.iter().find(|(known, _)| *known == name).map(|(_, does)| *does)
    })
}
