//! Kinds of look-alikes: text that resembles a secret and is none. A hit in any of them is a false alarm.

mod blobs;
mod documents;
mod fields;
mod ids;
mod masked;
mod near;
mod numbers;
mod placeholders;
mod public;
mod sums;
mod web;

use super::kit::kind::Kind;

/// All kinds of look-alikes.
pub fn kinds() -> Vec<Kind> {
    [
        ids::kinds(),
        sums::kinds(),
        blobs::kinds(),
        numbers::kinds(),
        placeholders::kinds(),
        masked::kinds(),
        public::kinds(),
        fields::kinds(),
        web::kinds(),
        documents::kinds(),
        near::kinds(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
