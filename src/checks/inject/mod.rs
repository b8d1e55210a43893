//! Input that is taken for code, a path or an address. Only reads are tried, and only what changes nothing: comparisons,
//! sums, files that every system has.

use crate::checks::meta::family;

mod evaluating;
pub(super) mod input;

family![
    sql::Sql,
    nosql::Nosql,
    command::Command,
    template::Template,
    path_traversal::PathTraversal,
    header::Header,
    open_redirect::OpenRedirect,
];
