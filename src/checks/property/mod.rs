//! Whose property.

use crate::checks::meta::family;

family![excessive_exposure::ExcessiveExposure, undocumented_field::UndocumentedField];
