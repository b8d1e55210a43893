//! How much one caller may ask for.

use crate::checks::meta::family;

family![no_rate_limit::NoRateLimit, unbounded_page::UnboundedPage];
