//! Writes a regression test for a confirmed finding, in the project's own framework: the attack is refused, and the owner is
//! served. It fails while the weakness is there, and passes once it is gone. Secrets come from the environment;
//! nothing is written to a disk and nothing is run.

mod cast;
mod facts;
mod fault;
mod go;
mod literals;
mod node;
mod node_app;
mod node_helpers;
mod node_tests;
mod place;
mod placeholders;
mod plan;
mod python;
mod python_app;
mod python_clients;
mod python_helpers;
mod python_tests;
mod spring;
mod write;

pub use facts::{
    AttackKind, CallerFacts, CallerValue, DenialSign, KeptFacts, ListedFacts, MadeObject, ProofFacts, SignInCredential,
    SignInFacts, SignUpFacts, TestProposal,
};
pub use fault::TestFault;
pub use write::regression_test;
