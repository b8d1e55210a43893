//! What is learnt before any check.

mod house;
mod leaves;
mod marks;
mod missing;
mod names;
mod needed;
mod ownership;
mod principals;
mod same;
mod slots;
