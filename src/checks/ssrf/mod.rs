//! Addresses from a caller that the server fetches.

use crate::checks::meta::family;

mod fetching;

family![callback::Callback, redirect_followed::RedirectFollowed];
