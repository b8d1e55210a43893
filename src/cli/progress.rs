//! The progress bar on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::app::Progress;
use crate::model::clean_text;

/// The longest line that is said above the bar.
const MAX_LINE: usize = 1000;

/// A bar that is seen only where it is wanted.
#[derive(Debug)]
pub(super) struct ProgressLine(ProgressBar);

impl ProgressLine {
    /// A bar; with `shown` false it draws nothing.
    pub fn new(shown: bool) -> Self {
        if !shown {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix:<10} [{bar:24}] {pos}/{len} {msg} {elapsed}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        // The thread behind it ends with the bar.
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Shows how far the work is.
    pub fn show(&self, progress: &Progress) {
        self.0.set_prefix(progress.phase);
        // A total that is still unknown must not draw a bar beyond its end.
        self.0.set_length(progress.total.max(progress.done));
        self.0.set_position(progress.done);
        self.0.set_message(format!("{} requests, {} findings", progress.requests, progress.findings));
    }

    /// Prints a line above the bar.
    pub fn say(&self, line: &str) {
        // Without a pause of the bar the line would be drawn over at the next tick.
        self.0.suspend(|| anstream::eprintln!("{}", clean_text(line, MAX_LINE)));
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
