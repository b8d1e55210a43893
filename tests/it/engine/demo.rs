use routewarden::demo::{Demo, DemoOptions, start};
use routewarden::report::Status;

use super::harness::{Bench, missing, troubling};

fn bench(demo: &Demo) -> Bench {
    Bench::new(&demo.config_toml(), None, &demo.secrets())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_weakness_of_the_demo_is_confirmed() {
    let demo = start(DemoOptions { repaired: false, port: 0 }).await.unwrap();
    let report = bench(&demo).scan().await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    assert_eq!(missing(&report, Demo::planted()), Vec::<String>::new());
    assert_eq!((demo.resets(), demo.sent()), (0, 0), "a GET that changes state was called");
    // Its rows say that they were made at moments that are still to come: these are no rows of the scan's time.
    assert_eq!(report.writes, [], "nothing was written");
    assert!(!report.notes.iter().any(|note| note.contains("while the scan ran")), "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_repaired_demo_is_silent() {
    let demo = start(DemoOptions { repaired: true, port: 0 }).await.unwrap();
    let report = bench(&demo).scan().await;
    assert_eq!(report.scan.status, Status::Complete, "{:?}", report.scan.untrusted_because);
    assert_eq!(troubling(&report), Vec::<String>::new());
    assert_eq!((demo.resets(), demo.sent()), (0, 0), "a GET that changes state was called");
}
