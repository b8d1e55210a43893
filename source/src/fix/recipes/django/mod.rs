//! Views of Django and its REST framework: what they declare as fields of a class (querysets, permissions, serializers)
//! is changed there, and not in a handler that the project does not have.

mod allowed;
pub(super) mod mixins;
pub(super) mod origins;
pub(super) mod permissions;
pub(super) mod querysets;
pub(super) mod serialized;
mod serializers;
mod sources;
pub(super) mod throttles;
mod view;

pub(super) use view::method_of_load;
