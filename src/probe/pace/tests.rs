//! How long a target may hold a scan up.

use super::*;

#[test]
fn a_target_can_hold_a_scan_up_for_two_minutes_and_no_longer() {
    let pace = Pace::new(10, 1, None);
    let start = Instant::now();

    for n in 0..4 {
        assert!(pace.pause_at(start + LONGEST_PAUSE * n, Duration::from_secs(u64::MAX)), "pause {n}");
    }
    assert!(!pace.pause_at(start + LONGEST_PAUSE * 4, Duration::from_secs(1)));
}

#[test]
fn wishes_at_one_time_are_one_pause() {
    let pace = Pace::new(10, 1, None);
    let start = Instant::now();
    assert!((0..100).all(|_| pace.pause_at(start, Duration::from_secs(20))));
    assert!(*pace.next.lock().unwrap_or_else(PoisonError::into_inner) <= start + Duration::from_secs(20));
}
