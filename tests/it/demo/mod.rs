//! The demo target answers as its table says: each attack works on the weak version and is refused by the repaired one.

mod caller;
mod planted;
mod traps;
