//! Reads a handler for what it does with the objects that a client can name: where its caller's identity comes from, where
//! each object is loaded, and whether the one is tied to the other on every path. One engine for every lowered language.
//!
//! Values carry what they were made of (`value`), places of the code carry what is known there (`state`, `facts`).
//! Statements and expressions are read path by path (`statements`, `expressions`, `calls`), functions of the project are
//! followed (`follow`), each once for all calls that give it the same (`summary`, `inputs`, `renumber`), and what libraries do
//! is data (`idioms`). `handlers` says what a framework gives to a handler,
//! `verdict` adds up.

mod calls;
mod engine;
mod expressions;
mod facts;
mod follow;
mod guards;
mod handlers;
mod idioms;
mod inputs;
mod libraries;
mod models;
mod names;
mod queries;
mod receivers;
mod renumber;
mod report;
mod request;
mod sql;
mod state;
mod statements;
mod summary;
mod ties;
mod trail;
mod value;
mod verbs;
mod verdict;
mod views;
mod words;

pub use report::{
    AccessReading, AccessWord, ClientId, CodeAccessVerb, Evidence, HandlerReading, IdOrigin, IdentitySource,
    OwnershipWord, UseReading,
};
pub use request::{BodyReading, ClientInput, RequestReading};
pub(crate) use words::TENANT_NAMES;

use crate::parallel;
use crate::project::Project;
use crate::routes::RouteEntry;

/// Reads the handler of one route. For many routes of one project, [`OwnershipReader`] looks at the models only once.
pub fn read_ownership(project: &Project, entry: &RouteEntry) -> HandlerReading {
    OwnershipReader::new(project).read(entry)
}

/// Reads the handlers of one project.
pub struct OwnershipReader<'p> {
    project: &'p Project,
    models: models::Models,
}

impl<'p> OwnershipReader<'p> {
    /// Looks at the models of the project.
    pub fn new(project: &'p Project) -> Self {
        OwnershipReader { project, models: models::Models::of(project) }
    }

    /// Reads the handlers of many routes, on every core. What is said of each is the same as if it was read alone.
    pub fn read_all(&self, entries: &[&RouteEntry]) -> Vec<HandlerReading> {
        let (project, models) = (self.project, self.models.sharing());
        let tool = || OwnershipReader { project, models: models() };
        parallel::map_with(entries, tool, |reader, entry| reader.read(entry))
    }

    /// Reads the handler of one route.
    pub fn read(&self, entry: &RouteEntry) -> HandlerReading {
        let Some(code) = &entry.code else {
            return HandlerReading::unknown("the handler is not in code that is read");
        };
        engine::HandlerReader::new(self.project, &self.models, entry.framework).read_handler(entry, code)
    }
}
