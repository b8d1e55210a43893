//! What stands in the way of making an object, and how that is told.

use std::sync::Arc;

use super::privileges::RoleUnknown;
use crate::probe::{AddressRefused, Answer, SendError};

/// What stands in the way of making an object.
pub(super) enum MakeFault {
    Sending(SendError),
    Told(String),
    /// Something that it refers to is not there, or may not be used.
    Lacks(String),
    /// It would stay, and the user of its caller has not let the scan make what stays.
    Stays(String),
    Refused(Arc<Answer>, String),
}

impl From<SendError> for MakeFault {
    fn from(error: SendError) -> Self {
        Self::Sending(error)
    }
}

impl From<AddressRefused> for MakeFault {
    fn from(refused: AddressRefused) -> Self {
        Self::Told(refused.to_string())
    }
}

impl From<RoleUnknown> for MakeFault {
    fn from(unknown: RoleUnknown) -> Self {
        Self::Told(unknown.to_string())
    }
}

impl MakeFault {
    /// Returns the answer, where there was one, and why nothing was made.
    ///
    /// # Errors
    /// A fault that stops the scan.
    pub(super) fn in_words(self) -> Result<(Option<Arc<Answer>>, String), SendError> {
        match self {
            Self::Sending(
                error @ (SendError::Cancelled | SendError::Died | SendError::Time(_) | SendError::Budget(_)),
            ) => Err(error),
            Self::Sending(error) => Ok((None, error.to_string())),
            Self::Told(because) | Self::Lacks(because) | Self::Stays(because) => Ok((None, because)),
            Self::Refused(answer, because) => Ok((Some(answer), because)),
        }
    }
}
