//! Maps that are asked often: names of modules, scopes and calls. The standard hasher guards a server against keys that a
//! stranger chose, at several times the cost; this one is seeded too, and what it holds is bounded by the files that are
//! read.

use std::collections::HashMap;

/// A map whose keys are hashed in few steps.
pub(crate) type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
