//! What is known of a target that died during a scan.

use std::sync::Arc;

use crate::model::{Exchange, Outcome};

/// The end of a target: the last request, the first silence, and the looks that settled it.
#[derive(Debug)]
pub struct Death {
    /// What was asked last before the target fell silent.
    pub last: Arc<Exchange>,
    /// The first request that was not served.
    pub silence: Arc<Exchange>,
    /// A read that was served before; `None` where nothing had been yet.
    pub good: Option<Arc<Exchange>>,
    /// Reads that were served before, asked again.
    pub looks: Vec<Arc<Exchange>>,
    /// No other request was under way beside the last one.
    pub alone: bool,
    /// What was asked before the last one was a read, and it was served.
    pub served_before: bool,
}

impl Death {
    /// Whether the very request that was asked last lost its connection.
    pub fn broke_off(&self) -> bool {
        matches!(self.last.outcome, Outcome::Broken(_))
    }

    /// Returns how the target fell silent.
    pub fn manner(&self) -> String {
        // The last look shows how the target is now; without one the first silence has to do.
        match self.looks.last().map_or(&self.silence.outcome, |look| &look.outcome) {
            Outcome::Unreachable(_) => "it takes no connection any more".to_owned(),
            Outcome::Broken(_) => "it breaks every connection off".to_owned(),
            Outcome::Timeout => "it gives no answer in time any more".to_owned(),
            Outcome::Response(response) if response.status >= 500 => {
                format!("it answers status {} to what it had served", response.status)
            }
            Outcome::Response(_) => "it answers with half of what it had served".to_owned(),
        }
    }

    /// Returns the method and the redacted path of the last request, and who sent it.
    pub fn last_request(&self) -> String {
        let Exchange { request, identity, .. } = &*self.last;
        let path = url::Url::parse(&request.url).map_or_else(|_| request.url.clone(), |url| url.path().to_owned());
        format!("{} {path} as {identity}", request.method)
    }
}
