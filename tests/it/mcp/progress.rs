//! Which progress is told.

use proptest::prelude::*;
use routewarden::app::Progress;
use routewarden::mcp::Ticker;

fn at(done: u64, requests: u64) -> Progress {
    Progress { phase: "checks", done, total: 100, requests, findings: 0 }
}

#[test]
fn nothing_new_is_told_only_now_and_then() {
    let mut ticker = Ticker::default();
    let told = (0..21).filter(|_| ticker.tick(&at(3, 7)).is_some()).count();
    assert_eq!(told, 3, "at once, and a sign of life every tenth tick");
}

#[test]
fn requests_within_a_step_are_told_below_the_next_step() {
    let mut ticker = Ticker::default();
    assert_eq!(ticker.tick(&at(3, 1)), Some(3.0));
    let between = ticker.tick(&at(3, 2)).unwrap();
    assert!(between > 3.0 && between < 4.0);
    assert_eq!(ticker.tick(&at(4, 3)), Some(4.0));
}

proptest! {
    #[test]
    fn numbers_rise_strictly(steps in prop::collection::vec((0u64..3, 0u64..3), 1..400)) {
        let (mut ticker, mut last) = (Ticker::default(), -1.0);
        let mut now = at(0, 0);
        for (done, requests) in steps {
            now.done += done;
            now.requests += requests;
            if let Some(value) = ticker.tick(&now) {
                prop_assert!(value > last);
                last = value;
            }
        }
    }
}
