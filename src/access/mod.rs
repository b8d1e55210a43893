//! The access model: what was seen of who reaches what, which policy that speaks for, and which routes break it. One
//! table of facts feeds the verdicts on reads, lists and writes, and the ownership matrix.
//!
//! A route is never judged by its own answers: the policy is learnt from the facts of the other routes, and a route that
//! was found to break it is taken out of the evidence, so that no leak can excuse another.

mod answer_facts;
mod claims;
mod evidence;
mod explore;
mod fact;
mod field_groups;
mod grounds;
mod policy;
mod ruling;
mod source_evidence;
mod strangers;
mod survey_facts;

pub use answer_facts::SeenAnswer;
pub use claims::{Settled, judge_claims};
pub use evidence::private_fields;
pub use explore::{Explorer, values_of};
pub use fact::{AccessOutcome, Fact, FactTable, Relation, relation_to};
pub use policy::{PolicyQuestion, ResourcePolicy, derive_policies, open_questions, question_for_claim};
pub use ruling::{AccessModel, AccessTable, Ruling};
