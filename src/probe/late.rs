//! Requests that were not answered in time, named for the notes of a report.

use std::sync::PoisonError;

use super::ask::{Answer, Ask};
use super::client::Probe;
use crate::model::clean_name;

/// Most requests that are told apart.
const MAX_KEPT: usize = 500;
/// Most requests that are named.
const MAX_NAMED: usize = 8;

impl Probe {
    pub(super) fn remember_late(&self, ask: &Ask, answer: &Answer) {
        if !answer.is_late() {
            return;
        }
        let named = self.routes.operation(self.base_url(), ask.method, &ask.url);
        let name = named.map_or_else(|| format!("{} {}", ask.method, ask.url.path()), |id| id.0.clone());
        let mut late = self.late.lock().unwrap_or_else(PoisonError::into_inner);

        if late.len() < MAX_KEPT || late.contains_key(&name) {
            *late.entry(name).or_default() += 1;
        }
    }

    /// One sentence on what was not answered in time; `None` where everything was.
    pub(super) fn late_note(&self) -> Option<String> {
        let late = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ordered: Vec<(&String, u64)> = late.iter().map(|(name, times)| (name, *times)).collect();
        ordered.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let named = ordered.iter().take(MAX_NAMED).map(|(name, times)| {
            let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            format!("{}{times}", clean_name(name, 80))
        });
        let mut named: Vec<String> = named.collect();

        if ordered.len() > MAX_NAMED {
            named.push(format!("{} more", ordered.len() - MAX_NAMED));
        }
        drop(late);
        // A path is partly the target's choice, and may hold a credential.
        let (text, _) = self.redactor().tripwire(&self.redactor().text(&named.join(", ")));
        (!named.is_empty()).then(|| format!("no answer came in time to {text}; nothing is concluded from that"))
    }
}
