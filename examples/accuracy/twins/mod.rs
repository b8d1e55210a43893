//! The APIs of the bench.

mod clinic;
mod desk;
mod fleet;
mod ledger;
mod letters;
mod market;
mod registry;
mod shelter;
mod teams;
mod telecom;
mod vault;
mod wiki;

use crate::case::Twin;

/// All of them, in the order of the table.
pub const ALL: [&Twin; 12] = [
    &ledger::TWIN,
    &shelter::TWIN,
    &wiki::TWIN,
    &market::TWIN,
    &desk::TWIN,
    &letters::TWIN,
    &vault::TWIN,
    &fleet::TWIN,
    &teams::TWIN,
    &registry::TWIN,
    &clinic::TWIN,
    &telecom::TWIN,
];
