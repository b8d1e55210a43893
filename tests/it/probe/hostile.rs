use std::io::Write as _;

use routewarden::probe::{Answer, Ask, AskCaller, Limits, RawOutcome};
use serde_json::json;

use super::kit::{Reply, Server, answer, head, probe, quick, whole};

/// What one answer comes to, with the notes of the probe.
async fn asked(
    limits: Limits,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> (std::sync::Arc<Answer>, Vec<String>) {
    let server = Server::start(move |_| reply()).await;
    let probe = probe(&server.base, Vec::new(), limits);
    let answer = probe.send(&Ask::get(AskCaller::Anonymous, server.url("/x"))).await.unwrap();
    (answer, probe.notes())
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_the_cap_and_noted() {
    for lead in [head("200 OK", &["Content-Type: application/json"]), head("200 OK", &["Content-Length: 100000000"])] {
        let (answer, notes) =
            asked(Limits::default(), move || Reply::Endless(format!("{lead}\r\n").into_bytes(), vec![b'['; 65_536]))
                .await;
        let response = answer.response().unwrap();
        assert!(response.truncated);
        assert_eq!(response.text.len(), 2 << 20);
        assert!(response.json.is_none());
        assert!(notes.iter().any(|note| note.contains("longer than 2097152 bytes were cut")), "{notes:?}");
    }
}

#[tokio::test]
async fn an_endless_chunked_body_is_read_up_to_the_cap() {
    let lead = format!("{}\r\n", head("200 OK", &["Transfer-Encoding: chunked"]));
    let mut piece = b"4000\r\n".to_vec();
    piece.extend(vec![b'x'; 0x4000]);
    piece.extend(b"\r\n");
    let (answer, _) = asked(Limits::default(), move || Reply::Endless(lead.clone().into_bytes(), piece.clone())).await;
    assert_eq!(answer.response().unwrap().text.len(), 2 << 20);
}

#[tokio::test]
async fn the_cap_counts_bytes_after_decompression() {
    // One kilobyte of zeros as gzip writes it, member after member: two bytes in five thousand.
    let bomb = gzip_of_zeros(64 << 20);
    assert!(bomb.len() < 1 << 20);
    let (answer, notes) = asked(Limits::default(), move || {
        whole("200 OK", &["Content-Type: application/json", "Content-Encoding: gzip"], &bomb)
    })
    .await;
    let response = answer.response().unwrap();
    assert!(response.truncated);
    assert_eq!(response.text.len(), 2 << 20);
    assert!(notes.iter().any(|note| note.contains("were cut")), "{notes:?}");
}

/// A gzip stream of so many zeros, written by `gzip` itself where there is one.
fn gzip_of_zeros(length: usize) -> Vec<u8> {
    let mut child = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("gzip is part of every system that builds this");
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for _ in 0..length / 65_536 {
            input.write_all(&[0; 65_536]).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

#[tokio::test]
async fn a_body_cut_short_by_the_other_side_is_no_answer() {
    let lead = || head("200 OK", &["Content-Type: application/json"]);
    let cases: [Box<dyn Fn() -> Reply + Send + Sync>; 6] = [
        Box::new(move || Reply::Bytes(format!("{}Content-Length: 100000000\r\n\r\n{{\"a\":1}}", lead()).into_bytes())),
        Box::new(move || Reply::Reset(format!("{}Content-Length: 50\r\n\r\n{{\"a\":", lead()).into_bytes())),
        Box::new(|| Reply::Reset(Vec::new())),
        Box::new(move || {
            Reply::Bytes(format!("{}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n", lead()).into_bytes())
        }),
        Box::new(move || {
            Reply::Bytes(format!("{}Transfer-Encoding: chunked\r\n\r\n10\r\n{{\"a\":1}}", lead()).into_bytes())
        }),
        Box::new(move || Reply::Bytes(format!("{}Content-Encoding: gzip\r\n\r\nno gzip at all", lead()).into_bytes())),
    ];
    for (index, case) in cases.into_iter().enumerate() {
        let (answer, _) = asked(quick(), case).await;
        assert!(matches!(answer.seen, RawOutcome::Broken), "{index}: {:?}", answer.seen);
    }
}

#[tokio::test]
async fn silence_and_slowness_end_at_the_time_limit() {
    let lead = format!("{}Content-Length: 50\r\n\r\n{{", head("200 OK", &[]));
    for bytes in [Vec::new(), b"HTTP/1.1 200".to_vec(), lead.into_bytes()] {
        let (answer, _) = asked(quick(), move || Reply::Stall(bytes.clone())).await;
        assert!(matches!(answer.seen, RawOutcome::Timeout), "{:?}", answer.seen);
    }
}

#[tokio::test]
async fn endless_trickles_end_at_the_time_limit() {
    // Interim answers and header lines without end: each of them is progress to a client that only waits for bytes.
    let trickles: [(&[u8], &[u8]); 2] =
        [(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n")];
    for (lead, piece) in trickles {
        let (answer, _) = asked(quick(), move || Reply::Endless(lead.to_vec(), piece.to_vec())).await;
        assert!(matches!(answer.seen, RawOutcome::Timeout | RawOutcome::Broken), "{:?}", answer.seen);
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    let many: String = (0..100_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let huge = format!("X-Huge: {}\r\n", "y".repeat(4 << 20));
    let cases = [
        b"<html>HTTP/0.9</html>".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"HTTP/1.1 99 Low\r\n\r\n".to_vec(),
        b"HTTP/1.1 1000 High\r\n\r\n".to_vec(),
        b"HTTP/1.1 abc\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_vec(),
        b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n".to_vec(),
        format!("{}{many}\r\n", head("200 OK", &[])).into_bytes(),
        format!("{}{huge}\r\n", head("200 OK", &[])).into_bytes(),
    ];
    for bytes in cases {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        let (answer, _) = asked(quick(), move || Reply::Bytes(bytes.clone())).await;
        assert!(matches!(answer.seen, RawOutcome::Broken), "{shown:?}: {:?}", answer.seen);
    }
}

#[tokio::test]
async fn odd_but_readable_answers_are_answers() {
    let read = async |reply: Vec<u8>| {
        let (answer, _) = asked(quick(), move || Reply::Bytes(reply.clone())).await;
        let response = answer.response().unwrap();
        (response.status, response.text.clone(), response.json.clone())
    };
    assert_eq!(
        read(b"HTTP/1.1 999\r\nContent-Length: 2\r\n\r\n{}".to_vec()).await,
        (999, "{}".to_owned(), Some(json!({})))
    );
    assert_eq!(read(b"HTTP/1.1 200 \r\n\r\nno end".to_vec()).await, (200, "no end".to_owned(), None));
    assert_eq!(read(b"HTTP/1.0 200 OK\r\n\r\n\xff\xfe{".to_vec()).await.1, "\u{fffd}\u{fffd}{");
    assert_eq!(read(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec()).await, (200, String::new(), None));
    assert_eq!(read(b"HTTP/1.1 204 X\r\n\r\n".to_vec()).await.0, 204);
    assert_eq!(read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{\"more\": 1}".to_vec()).await.2, Some(json!({})));
}

#[tokio::test]
async fn header_values_that_are_no_text_are_kept_as_far_as_they_are() {
    let reply = || Reply::Bytes(b"HTTP/1.1 200 OK\r\nX-Bin: a\xff\xfeb\r\nContent-Length: 2\r\n\r\n{}".to_vec());
    let (answer, _) = asked(quick(), reply).await;
    assert_eq!(answer.response().unwrap().header("x-bin"), Some("a\u{fffd}\u{fffd}b"));
}

#[tokio::test]
async fn deep_nesting_is_text_and_not_json() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let (answer, _) = asked(Limits::default(), move || whole("200 OK", &[], deep.as_bytes())).await;
    let response = answer.response().unwrap();
    assert!(response.json.is_none());
    assert!(response.text.starts_with("[["));
}

#[tokio::test]
async fn an_overloaded_target_is_left_alone_and_asked_again() {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let (answer, notes) =
        asked(Limits::default(), move || match seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => whole("429 X", &["Retry-After: 1"], b""),
            1 => whole("503 X", &["Retry-After: 0"], b""),
            _ => answer(200, &json!({"ok": 1})),
        })
        .await;
    assert_eq!(answer.status(), Some(200));
    assert!(notes.iter().any(|note| note.contains("slow down (status 429)")), "{notes:?}");
    assert!(notes.iter().any(|note| note.contains("slow down (status 503)")), "{notes:?}");
}

#[tokio::test]
async fn a_route_that_does_not_work_asks_nobody_to_slow_down() {
    let (answer, notes) = asked(Limits::default(), || whole("503 X", &[], b"")).await;
    assert_eq!((answer.status(), notes), (Some(503), Vec::<String>::new()));
}

#[tokio::test]
async fn cookies_that_change_with_every_answer_do_not_pile_up() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let n = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let long: String = (0..40).map(|part| format!("{:08x}", (n + 1) * 7_919 * (part + 3))).collect();
        whole(
            "200 OK",
            &[&format!("Set-Cookie: laravel_session={long}"), "Content-Type: application/json"],
            b"{\"a\":1}",
        )
    })
    .await;
    let probe = probe(&server.base, Vec::new(), Limits::default());
    for n in 0..120 {
        probe.send(&Ask::get(AskCaller::Anonymous, server.url(&format!("/{n}")))).await.unwrap();
    }
    let noted = probe.notes().into_iter().filter(|note| note.contains("laravel_session changes all the time")).count();
    assert_eq!(noted, 1);
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let gone = Server::trap().await.base.clone();
    let probe = probe(&gone, Vec::new(), quick());
    let answer =
        probe.send(&Ask::get(AskCaller::Anonymous, url::Url::parse(&format!("{gone}/x")).unwrap())).await.unwrap();
    assert!(matches!(answer.seen, RawOutcome::Unreachable), "{:?}", answer.seen);
}
