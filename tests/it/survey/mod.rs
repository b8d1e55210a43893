//! What is learnt before any check.

mod house;
mod leaves;
mod missing;
mod names;
mod ownership;
mod same;
mod slots;
