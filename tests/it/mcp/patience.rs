//! When a call stops to wait, and what becomes of the work.

use std::future::{pending, ready};
use std::time::Duration;

use routewarden::mcp::patience::wait_for_work;
use tokio_util::sync::CancellationToken;

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_result_that_is_there_is_given() {
    let cancel = CancellationToken::new();
    assert_eq!(wait_for_work(ready(7), ready(()), Duration::ZERO, &cancel).await, Ok(Some(7)));
    assert!(!cancel.is_cancelled());
}

#[tokio::test]
async fn work_goes_on_when_the_client_waits_no_longer() {
    let cancel = CancellationToken::new();
    assert_eq!(wait_for_work(pending::<u8>(), pending(), Duration::ZERO, &cancel).await, Ok(None));
    assert!(!cancel.is_cancelled());
}

#[tokio::test]
async fn work_that_nobody_wants_is_stopped() {
    let cancel = CancellationToken::new();
    let told = wait_for_work(pending::<u8>(), ready(()), LONG, &cancel).await.unwrap_err().to_string();
    assert!(told.contains("cancelled"), "{told}");
    assert!(cancel.is_cancelled());
}

#[tokio::test]
async fn an_abandoned_call_is_seen_while_the_work_runs() {
    let (cancel, left) = (CancellationToken::new(), CancellationToken::new());
    let work = async {
        left.cancel();
        pending::<u8>().await
    };
    assert!(wait_for_work(work, left.cancelled(), LONG, &cancel).await.is_err());
    assert!(cancel.is_cancelled());
}
