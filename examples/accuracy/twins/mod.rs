//! The APIs of the bench.

mod assay;
mod atelier;
mod awning;
mod backoffice;
mod beacon;
mod cellar;
mod chores;
mod clinic;
mod cloakroom;
mod console;
mod crew;
mod depot;
mod desk;
mod embassy;
mod fleet;
mod flows;
mod foyer;
mod gallery;
mod gazette;
mod keeper;
mod ledger;
mod letters;
mod lodge;
mod market;
mod mint;
mod orchard;
mod pantry;
mod porch;
mod posthouse;
mod quarry;
mod registry;
mod shelter;
mod shelves;
mod solo;
mod tally;
mod teams;
mod telecom;
mod turnstile;
mod vault;
mod wiki;

#[cfg(test)]
mod tests;

use crate::case::Twin;

/// All of them, in the order of the table.
pub const ALL: [&Twin; 44] = [
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
    &atelier::TWIN,
    &cloakroom::TWIN,
    &console::TWIN,
    &console::STAFFED,
    &backoffice::TWIN,
    &solo::TWIN,
    &solo::UNSAID,
    &chores::TWIN,
    &gazette::TWIN,
    &pantry::TWIN,
    &gallery::TWIN,
    &foyer::TWIN,
    &turnstile::TWIN,
    &turnstile::FORMAL,
    &beacon::TWIN,
    &shelves::TWIN,
    &flows::TWIN,
    &keeper::TWIN,
    &crew::TWIN,
    &depot::TWIN,
    &porch::TWIN,
    &awning::TWIN,
    &mint::TWIN,
    &assay::TWIN,
    &tally::TWIN,
    &tally::RANDOM,
    &quarry::TWIN,
    &posthouse::TWIN,
    &orchard::TWIN,
    &embassy::TWIN,
    &cellar::TWIN,
    &lodge::TWIN,
];
