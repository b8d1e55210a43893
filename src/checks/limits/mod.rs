//! How much one caller may ask for.

use crate::checks::meta::family;

family![unbounded_page::UnboundedPage];
