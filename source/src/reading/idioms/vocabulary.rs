//! Names of functions, types and keys of libraries that the reading needs to know.

use super::super::words::simplify_name;

/// Words of fields that say that an object is open to others.
pub(in super::super) const PUBLIC_WORDS: [&str; 7] =
    ["public", "published", "shared", "visibility", "isopen", "isvisible", "everyone"];

/// Functions that end a request.
pub(in super::super) const STOPS: [&str; 10] = [
    "_exit",
    "abort",
    "exit",
    "permission_denied",
    "not_found_error",
    "raise_unauthorized",
    "raise_forbidden",
    "process.exit",
    "handle_no_permission",
    "halt",
];

/// Fields of a model from which a query is begun.
pub(in super::super) const QUERY_FIELDS: [&str; 6] =
    ["query", "objects", "_default_manager", "all_objects", "q", "unscoped"];

/// Functions and classes that make connections.
pub(in super::super) const CONNECTION_MAKERS: [&str; 16] = [
    "AsyncIOMotorClient",
    "Client",
    "Database",
    "DataSource",
    "MongoClient",
    "Pool",
    "PrismaClient",
    "SQLAlchemy",
    "Sequelize",
    "SqliteDatabase",
    "connect",
    "create_engine",
    "createPool",
    "drizzle",
    "knex",
    "sessionmaker",
];

/// Types of connections.
pub(in super::super) const CONNECTION_TYPES: [&str; 15] = [
    "AsyncIOMotorDatabase",
    "AsyncSession",
    "Connection",
    "Cursor",
    "DataSource",
    "Database",
    "Db",
    "EntityManager",
    "JdbcTemplate",
    "NamedParameterJdbcTemplate",
    "Pool",
    "PrismaClient",
    "PrismaService",
    "Session",
    "SessionDep",
];

/// Keys under which conditions stand.
pub(in super::super) const CONDITION_KEYS: [&str; 6] =
    ["where", "filter", "criteria", "conditions", "whereclause", "query_filter"];

/// Keys that are no conditions.
pub(in super::super) const OPTION_KEYS: [&str; 42] = [
    "$set",
    "$unset",
    "$push",
    "$pull",
    "$inc",
    "attributes",
    "cache",
    "cursor",
    "data",
    "defaults",
    "description",
    "for_update",
    "include",
    "lean",
    "limit",
    "lock",
    "new",
    "offset",
    "options",
    "order",
    "order_by",
    "orderBy",
    "page",
    "paranoid",
    "per_page",
    "populate",
    "projection",
    "raw",
    "relations",
    "returning",
    "returnDocument",
    "runValidators",
    "select",
    "session",
    "skip",
    "sort",
    "status_code",
    "synchronize_session",
    "take",
    "transaction",
    "upsert",
    "with_for_update",
];

/// Makers of conditions of what is not wanted.
pub(in super::super) const NEGATIONS: [&str; 8] =
    ["Not", "Ne", "ne", "not_", "notInArray", "NotIn", "MoreThan", "LessThan"];

/// Methods that compare, or look for a value among others.
pub(in super::super) const EQUALS: [&str; 10] = [
    "contains",
    "equals",
    "equalsIgnoreCase",
    "has",
    "includes",
    "isEqual",
    "indexOf",
    "has_member",
    "containsKey",
    "__contains__",
];

/// Verbs that send a query for one object.
pub(in super::super) const FETCHES_ONE: [&str; 18] = [
    "afirst",
    "earliest",
    "exists",
    "first",
    "first_or_404",
    "getOne",
    "getOneOrFail",
    "getRawOne",
    "last",
    "latest",
    "one",
    "one_or_404",
    "one_or_none",
    "orFail",
    "scalar",
    "scalar_one",
    "scalar_one_or_none",
    "count",
];

/// Beginnings of methods that change the object that they stand on.
pub(in super::super) const CHANGES: [&str; 24] = [
    "add",
    "apply",
    "approve",
    "archive",
    "assign",
    "cancel",
    "change",
    "close",
    "fromdict",
    "increment",
    "mark",
    "merge",
    "modify",
    "patch",
    "populateobj",
    "publish",
    "remove",
    "reset",
    "revoke",
    "save",
    "set",
    "toggle",
    "unset",
    "update",
];

/// Functions whose arguments go nowhere that matters.
pub(in super::super) const DISCARDS: [&str; 14] = [
    "_",
    "debug",
    "error",
    "exception",
    "flash",
    "gettext",
    "info",
    "log",
    "print",
    "refresh",
    "warn",
    "warning",
    "trace",
    "captureException",
];

/// Beginnings of calls whose arguments go nowhere that matters.
pub(in super::super) const DISCARDED_ROOTS: [&str; 7] =
    ["console.", "log.", "logger.", "logging.", "app.logger", "current_app.logger", "metrics."];

/// Whether a name is that of a connection, a session, a cursor.
pub(in super::super) fn is_connection(name: &str) -> bool {
    let known = [
        "client",
        "conn",
        "connection",
        "cur",
        "cursor",
        "database",
        "datasource",
        "db",
        "dbsession",
        "em",
        "engine",
        "entitymanager",
        "jdbc",
        "jdbctemplate",
        "knex",
        "manager",
        "mongo",
        "mongodb",
        "pg",
        "pool",
        "prisma",
        "query",
        "queryrunner",
        "sequelize",
        "session",
        "sql",
        "trx",
        "tx",
        "getdb",
        "getconnection",
        "getdbconnection",
        "getsession",
        "dbconn",
        "sqlite",
        "database_session",
        "c",
    ];
    known.contains(&simplify_name(name).as_str())
}

/// Whether a call of no known library loads or changes data by its name.
pub(in super::super) fn is_datalike(name: &str, dotted: &str) -> bool {
    let verbs = [
        "get", "find", "fetch", "load", "lookup", "retrieve", "read", "delete", "remove", "update", "query", "select",
        "destroy",
    ];
    let lower = name.to_lowercase();
    let has_verb = verbs.iter().any(|verb| lower.starts_with(verb));
    let path = dotted.to_lowercase();
    let holders = [
        "db",
        "repo",
        "dao",
        "store",
        "storage",
        "collection",
        "table",
        "database",
        "crud",
        "service",
        "model",
        "manager",
    ];
    // The verb alone says too little: `get` loads only on something that holds data, or by a key.
    let before = path.rsplit_once('.').map_or("", |(before, _)| before);
    let is_class = dotted.rsplit('.').nth(1).and_then(|part| part.chars().next()).is_some_and(char::is_uppercase);
    has_verb
        && (holders.iter().any(|holder| before.contains(holder))
            || is_class
            || lower.contains("by_id")
            || lower.contains("byid")
            || lower.contains("_by_"))
}

/// Whether a verb throws where there is no object.
pub(in super::super) fn throws_if_absent(name: &str) -> bool {
    let name = simplify_name(name);
    name.ends_with("404")
        || name.ends_with("orfail")
        || name.ends_with("throw")
        || matches!(name.as_str(), "one" | "scalarone" | "getone")
}
