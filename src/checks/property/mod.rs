//! Whose property.

use crate::checks::meta::family;

mod assigning;
mod candidates;
mod handing_over;
mod whose;

family![mass_assignment::MassAssignment, excessive_exposure::ExcessiveExposure, undocumented_field::UndocumentedField,];
