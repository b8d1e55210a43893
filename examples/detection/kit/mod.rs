//! What generators are made of: seeded draws, checksums, encodings, kinds and the documents they are placed in.

pub mod codes;
pub mod der;
pub mod draw;
pub mod filler;
pub mod forms;
pub mod kind;
#[cfg(test)]
mod tests;
