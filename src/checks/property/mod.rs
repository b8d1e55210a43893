//! Whose property.

use crate::checks::meta::family;

mod assigning;
mod candidates;
mod exposing;
mod handing_over;

family![mass_assignment::MassAssignment, excessive_exposure::ExcessiveExposure, undocumented_field::UndocumentedField,];
