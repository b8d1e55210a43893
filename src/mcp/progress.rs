//! Tells the client how far a scan is: at most once a second, always rising, and now and then a sign of life.

use std::time::Duration;

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::{Peer, RoleServer};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::Progress;

/// Clients need no more.
const PERIOD: Duration = Duration::from_secs(1);
/// Without news a sign of life is sent each time this many periods have passed, so that the client does not give up.
const QUIET_PERIODS: u32 = 10;

/// Decides at each tick whether there is something to tell, and which number to tell it with: the protocol wants each
/// greater than the one before, also when only requests went out since.
#[derive(Debug, Default)]
pub struct Ticker {
    last: Option<(f64, Progress)>,
    quiet: u32,
}

impl Ticker {
    /// The number to send now, if anything is to be sent.
    pub fn tick(&mut self, progress: &Progress) -> Option<f64> {
        let done = steps_as_float(progress.done);
        let value = match &self.last {
            None => done,
            Some((_, before)) if before == progress && self.quiet + 1 < QUIET_PERIODS => {
                self.quiet += 1;
                return None;
            }
            Some((sent, _)) if done > *sent => done,
            // Something went on within the step: a tenth of the way to the next one.
            Some((sent, _)) => sent + (sent.floor() + 1.0 - sent) * 0.1,
        };

        self.quiet = 0;
        // Close to the next step a tenth of the way may vanish in rounding, and the protocol wants no equal number.
        let rises = self.last.as_ref().is_none_or(|(sent, _)| value > *sent);
        rises.then(|| {
            self.last = Some((value, progress.clone()));
            value
        })
    }
}

/// Sends notifications until it is dropped. Without a token it only waits.
pub(super) async fn send_notifications(
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    seen: watch::Receiver<Progress>,
) {
    let Some(token) = token else { return std::future::pending().await };
    let mut ticker = Ticker::default();
    let mut clock = interval(PERIOD);
    // After a pause of the machine the missed ticks must not come as a burst.
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);

    loop {
        clock.tick().await;
        let progress = seen.borrow().clone();
        let Some(value) = ticker.tick(&progress) else { continue };
        let message = describe_progress(&progress);
        let mut note = ProgressNotificationParam::new(token.clone(), value).with_message(message);

        if progress.total > 0 {
            // Hosts draw the quotient: a value above the total would show more than all.
            note = note.with_total(steps_as_float(progress.total).max(value.ceil()));
        }
        // A client that does not listen any more is told apart by the transport, not here.
        let _ = peer.notify_progress(note).await;
    }
}

/// `checks: 120 requests, 3 findings`
pub(super) fn describe_progress(progress: &Progress) -> String {
    format!("{}: {} requests, {} findings", progress.phase, progress.requests, progress.findings)
}

#[expect(clippy::cast_precision_loss, reason = "no scan has 2^53 steps")]
fn steps_as_float(steps: u64) -> f64 {
    steps as f64
}
