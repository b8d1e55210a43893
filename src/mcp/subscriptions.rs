//! Tells clients that subscribed when the stored scans of this project change, whichever process changes them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{ResourceUpdatedNotificationParam, SubscriptionFilter};
use rmcp::service::SubscriptionContext;
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::{App, HistoryRow};

/// How often it is looked, while somebody wants to know.
const PERIOD: Duration = Duration::from_secs(1);
/// The most scans that are looked at; the listing has as many.
const MAX_SCANS: usize = 100;
/// The most resources that one client follows.
const MAX_URIS: usize = 100;
/// How often it is looked whether a client that hears nothing is still there.
const ALIVE: Duration = Duration::from_secs(30);
/// How long a client may take for one notification.
const WITHIN: Duration = Duration::from_secs(5);
/// The listing, and the beginning of all that can be followed.
const LISTING: &str = "routewarden://scans";

/// The scans as they were looked at last; none before the first look.
type SeenScans = Option<Arc<Vec<HistoryRow>>>;

/// The look-out of a server: one for all its clients.
#[derive(Debug)]
pub(super) struct ScanLookout {
    app: App,
    /// Cancelled when the server ends.
    ending: CancellationToken,
    seen: watch::Sender<SeenScans>,
    /// Whether somebody looks. Held for moments only.
    looks: Mutex<bool>,
}

impl ScanLookout {
    pub(super) fn new(app: App, ending: CancellationToken) -> Arc<Self> {
        Arc::new(Self { app, ending, seen: watch::Sender::default(), looks: Mutex::default() })
    }

    /// Follows the scans; somebody looks from the first who does until the last has left.
    fn follow(self: &Arc<Self>) -> ScanFollower {
        let mut seen = self.seen.subscribe();
        let known = seen.borrow_and_update().clone();
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *looks, true) {
            tokio::spawn(Arc::clone(self).look());
        }

        ScanFollower { seen, known }
    }

    async fn look(self: Arc<Self>) {
        loop {
            // A history that cannot be read is told to whoever reads it.
            if let Ok(rows) = self.app.project_history(MAX_SCANS).await {
                let rows = Some(Arc::new(rows));
                self.seen.send_if_modified(|known| std::mem::replace(known, rows.clone()) != rows);
            }

            tokio::select! {
                () = self.ending.cancelled() => return,
                () = tokio::time::sleep(PERIOD) => {}
            }

            let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            if self.seen.receiver_count() == 0 {
                *looks = false;
                return;
            }
        }
    }
}

/// One client's place at the look-out.
struct ScanFollower {
    seen: watch::Receiver<SeenScans>,
    known: SeenScans,
}

impl ScanFollower {
    /// Waits for the next change; `None` when there will be none.
    async fn next(&mut self) -> Option<ScanChanges> {
        loop {
            self.seen.changed().await.ok()?;
            let now = self.seen.borrow_and_update().clone()?;
            let before = self.known.replace(Arc::clone(&now));
            // What is seen first was there before, and is no change.
            if let Some(before) = before {
                return Some(ScanChanges::between(&before, &now));
            }
        }
    }
}

/// What changed between two looks.
#[derive(Debug, Default, PartialEq, Eq)]
struct ScanChanges {
    /// Whether the list of resources is another one, by its scans or their titles.
    listed: bool,
    scans: BTreeSet<String>,
}

impl ScanChanges {
    fn between(before: &[HistoryRow], now: &[HistoryRow]) -> Self {
        let differs = |row: &&HistoryRow, others: &[HistoryRow]| !others.contains(row);
        let gone = before.iter().filter(|row| differs(row, now));
        let scans = gone.chain(now.iter().filter(|row| differs(row, before))).map(|row| row.scan_id.clone()).collect();
        let titles = |rows: &[HistoryRow]| -> Vec<_> {
            rows.iter().map(|row| (row.scan_id.clone(), row.status.clone(), row.grade.clone())).collect()
        };

        Self { listed: titles(before) != titles(now), scans }
    }

    /// Whether the resource of this address is another one now.
    fn concerns(&self, uri: &str) -> bool {
        match uri.strip_prefix(LISTING) {
            Some("") => !self.scans.is_empty(),
            Some(rest) => {
                let scan = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
                self.scans.contains(scan)
            }

            None => false,
        }
    }
}

/// What can be followed: the listing, and what there is of a scan.
pub(super) fn can_be_followed(uri: &str) -> bool {
    uri.strip_prefix(LISTING).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Leaves of what a client wants to follow what can be followed.
pub(super) fn limit_filter(mut wanted: SubscriptionFilter) -> SubscriptionFilter {
    if let Some(uris) = &mut wanted.resource_subscriptions {
        uris.retain(|uri| can_be_followed(uri));
        uris.truncate(MAX_URIS);
    }
    wanted
}

/// Serves one subscription of the present era, until the client ends it.
pub(super) async fn serve_subscription(lookout: &Arc<ScanLookout>, context: SubscriptionContext) {
    let mut follower = lookout.follow();
    let (accepted, sink) = (context.accepted(), context.sink());
    loop {
        let changes = tokio::select! {
            () = context.cancelled() => return,
            () = lookout.ending.cancelled() => return,
            changes = follower.next() => changes,
        };

        let Some(changes) = changes else { return };
        // A client that has left is told apart by the transport, which cancels the subscription.
        if changes.listed && accepted.resources_list_changed == Some(true) {
            let _ = sink.notify_resource_list_changed().await;
        }

        for uri in accepted.resource_subscriptions.iter().flatten().filter(|uri| changes.concerns(uri)) {
            let _ = sink.notify_resource_updated(uri.clone()).await;
        }
    }
}

/// What a session of the older era follows.
#[derive(Debug, Default)]
pub(super) struct SessionSubscriptions {
    uris: Mutex<BTreeSet<String>>,
    follows: AtomicBool,
}

impl SessionSubscriptions {
    /// Adds a resource; false where there are too many.
    pub(super) fn add(&self, uri: String) -> bool {
        let mut uris = self.uris.lock().unwrap_or_else(PoisonError::into_inner);
        if uris.len() >= MAX_URIS && !uris.contains(&uri) {
            return false;
        }

        uris.insert(uri);
        true
    }

    pub(super) fn remove(&self, uri: &str) {
        self.uris.lock().unwrap_or_else(PoisonError::into_inner).remove(uri);
    }

    /// Begins to tell the session's client, unless that was begun before.
    pub(super) fn begin(self: &Arc<Self>, lookout: &Arc<ScanLookout>, peer: Peer<RoleServer>) {
        if !self.follows.swap(true, Ordering::AcqRel) {
            tokio::spawn(Arc::clone(self).tell(Arc::clone(lookout), peer));
        }
    }

    async fn tell(self: Arc<Self>, lookout: Arc<ScanLookout>, peer: Peer<RoleServer>) {
        let mut follower = lookout.follow();

        while !peer.is_transport_closed() {
            let changes = tokio::select! {
                () = lookout.ending.cancelled() => return,
                () = tokio::time::sleep(ALIVE) => continue,
                changes = follower.next() => changes,
            };

            let Some(changes) = changes else { return };
            let told = tokio::time::timeout(WITHIN, self.notify(&peer, &changes)).await;
            if told.is_err() {
                tracing::debug!("a client takes no notifications");
            }
        }
    }

    async fn notify(&self, peer: &Peer<RoleServer>, changes: &ScanChanges) {
        if changes.listed {
            let _ = peer.notify_resource_list_changed().await;
        }

        let uris = self.uris.lock().unwrap_or_else(PoisonError::into_inner).clone();

        for uri in uris.into_iter().filter(|uri| changes.concerns(uri)) {
            let _ = peer.notify_resource_updated(ResourceUpdatedNotificationParam::new(uri)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, status: &str, requests: u64) -> HistoryRow {
        HistoryRow {
            scan_id: id.to_owned(),
            started_at: "2026-11-30T21:00:00Z".to_owned(),
            base_url: "http://127.0.0.1:5000".to_owned(),
            document: "openapi.yaml".to_owned(),
            status: status.to_owned(),
            grade: None,
            findings: 0,
            severe: 0,
            mode: None,
            requests,
            process: None,
            phase: None,
        }
    }

    #[test]
    fn a_scan_that_goes_on_changes_itself_and_the_listing_but_not_the_list_of_resources() {
        let (before, now) =
            ([row("a", "running", 1), row("b", "complete", 9)], [row("a", "running", 2), row("b", "complete", 9)]);
        let changes = ScanChanges::between(&before, &now);
        assert!(!changes.listed);
        let concerned = ["routewarden://scans", "routewarden://scans/a", "routewarden://scans/a/report.md"];
        assert!(concerned.iter().all(|uri| changes.concerns(uri)));
        assert!(!changes.concerns("routewarden://scans/b") && !changes.concerns("routewarden://checks/a"));
    }

    #[test]
    fn a_scan_that_comes_ends_or_goes_changes_the_list_of_resources() {
        let (running, ended) = ([row("a", "running", 1)], [row("a", "complete", 1)]);
        assert!(ScanChanges::between(&[], &running).listed);
        assert!(ScanChanges::between(&running, &ended).listed);
        assert!(ScanChanges::between(&ended, &[]).listed);
        assert_eq!(ScanChanges::between(&ended, &ended), ScanChanges::default());
    }

    #[test]
    fn nothing_but_scans_can_be_followed() {
        assert!(can_be_followed("routewarden://scans") && can_be_followed("routewarden://scans/a/report.md"));
        assert!(!can_be_followed("routewarden://scansX") && !can_be_followed("file:///etc/passwd"));
    }
}
