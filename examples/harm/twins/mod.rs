//! The APIs of the harm bench.

mod accounts;
mod acts;
mod beside;
mod envelopes;
mod members;
mod moving;
mod notes;
mod removal;
mod settings;
mod shared;

#[cfg(test)]
mod tests;

use crate::twin::Twin;

/// All of them, in the order of the table.
pub const ALL: [&Twin; 63] = [
    &acts::LAST,
    &acts::MIDDLE,
    &acts::NAMED,
    &acts::SAID,
    &acts::ASKED,
    &acts::HARMLESS,
    &settings::USERS_OWN,
    &settings::USERS_OPEN,
    &settings::HOUSE,
    &settings::HOUSE_OPEN,
    &settings::KEYED,
    &envelopes::TWO_HUNDRED,
    &envelopes::DATA,
    &envelopes::RESULT,
    &envelopes::PERMISSIONS,
    &envelopes::LISTED,
    &envelopes::ADDRESS,
    &envelopes::NOTHING,
    &envelopes::FAILING,
    &envelopes::NESTED,
    &envelopes::PAGED,
    &moving::SLUGS,
    &moving::VERSIONS,
    &moving::UPSERT,
    &moving::UPSERT_SOUND,
    &moving::CHOSEN,
    &moving::REUSED,
    &moving::NUMBERS,
    &moving::GIVEN,
    &members::KEPT,
    &members::KEPT_OPEN,
    &removal::SOFT,
    &removal::ARCHIVE,
    &removal::DEAF,
    &removal::HIDING,
    &removal::NONE,
    &removal::LISTLESS,
    &removal::BLIND,
    &removal::LATE,
    &removal::SEALED,
    &removal::BRITTLE,
    &removal::BRITTLE_OTHERS,
    &removal::BULK,
    &removal::NESTED,
    &accounts::ORPHANS,
    &accounts::CASCADE,
    &accounts::AUTHORITIES,
    &accounts::FLAGS,
    &accounts::TWO_STEPS,
    &accounts::PASSWORDS,
    &accounts::FAILING,
    &accounts::OWN,
    &accounts::STAFF,
    &shared::PARENTS,
    &shared::PUBLIC,
    &shared::MAILER,
    &shared::QUOTA,
    &shared::AUDIT,
    &shared::TALLIES,
    &beside::KEYS,
    &beside::WALLETS,
    &beside::LINKS,
    &beside::BOARDS,
];
