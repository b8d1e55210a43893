//! What is learnt before any check.

mod leaves;
mod missing;
mod names;
mod ownership;
mod same;
mod slots;
