//! Whether the document tells the truth.

use crate::checks::meta::family;

family![
    drift::Drift,
    undocumented_route::UndocumentedRoute,
    ghost_route::GhostRoute,
    old_version::OldVersion,
    document_exposed::DocumentExposed,
];
