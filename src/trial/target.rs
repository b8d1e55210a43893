//! What single writes of a trial go to, as its owner sees it before.

use super::funnel::Trial;
use super::look::ObjectView;
use super::send::Twist;
use super::shot::{Aim, Spot, Tried};
use super::subject::Subject;
use crate::model::Silence;

/// What is written to, as its owner sees it.
#[derive(Debug)]
pub(crate) struct WriteTarget<'a> {
    subject: Subject<'a>,
    seen: ObjectView,
}

impl<'a> Trial<'a> {
    /// Returns what is written to: what is removed is made for it, a change leaves its object where it is.
    ///
    /// # Errors
    /// `Undecided` where it is not shown to its owner, or nothing could be made.
    pub(crate) async fn target(&self) -> Result<WriteTarget<'a>, Silence> {
        let subject = match (&self.aim, self.subject.object()) {
            (Aim::Removal | Aim::Once(_), Some(kept)) => self.fresh(kept).await?,
            _ => self.subject.clone(),
        };
        self.target_on(subject).await
    }

    /// Returns another thing to write to, as its owner sees it.
    ///
    /// # Errors
    /// `Undecided` where it is not shown to its owner.
    pub(crate) async fn target_on(&self, subject: Subject<'a>) -> Result<WriteTarget<'a>, Silence> {
        let seen = self.before(&subject).await?;
        Ok(WriteTarget { subject, seen })
    }

    /// Sends a write as a caller, and looks as the owner.
    ///
    /// # Errors
    /// `Undecided` where it could not be composed or sent, or the owner has no view.
    pub(crate) async fn shoot_at(
        &self,
        target: &WriteTarget<'_>,
        caller: &str,
        twist: &Twist,
    ) -> Result<Tried, Silence> {
        self.shoot(caller, twist, Spot { subject: &target.subject, seen: &target.seen }).await
    }

    /// Sends a write on what is there now, or on a further object where it is removed.
    ///
    /// # Errors
    /// `Undecided` where it could not be composed or sent, or the owner has no view.
    pub(crate) async fn shoot_afresh(&self, caller: &str, twist: &Twist) -> Result<Tried, Silence> {
        self.shoot_at(&self.target().await?, caller, twist).await
    }
}
