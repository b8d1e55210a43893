//! From the text of an OpenAPI or Swagger document to [`Api`](crate::model::Api), and example values that fit it.
//! Sends nothing: a document from a URL is handed over as text.

mod bodies;
mod declared;
mod documents;
mod effect;
mod error;
mod examples;
mod find;
mod fits;
mod graphql;
mod intent;
mod issues;
mod lines;
mod load;
mod lowering;
mod merged;
mod operations;
mod overlay;
mod parameters;
mod pattern;
mod reading;
mod reference;
mod salvage;
mod samples;
mod schemas;
mod security;
mod servers;
mod strings;
mod supplement;
mod swagger;
mod undocumented;
mod yaml_cost;

pub use declared::{FieldDeclaration, declared_at, declared_of_answers, declared_properties};
pub use documents::Base;
pub use effect::{is_act_word, is_looking_word, may_be_act_word, takes_password};
pub use error::SpecError;
pub use find::{USUAL_PLACES, find_in_folder};
pub use fits::fits_text;
pub use graphql::{GraphqlRefused, INTROSPECTION_QUERY, read_graphql};
pub use load::{load_file, load_file_with, load_text, load_text_with};
pub use overlay::{Overlay, OverlayNotation, OverlayUnwritten, intent_overlay};
pub use reading::looks_like_document;
pub use samples::Samples;
pub use supplement::{Supplied, lacks_body, lacks_query, supplement_operation};
pub use undocumented::undocumented_operation;
