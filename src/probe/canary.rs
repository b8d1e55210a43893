//! A listener of the scan's own on loopback, to which targets are led that fetch addresses: it notes who came for which
//! nonce, and answers with another one.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use url::{Host, Url};

/// Most bytes of a request that are read.
const MOST_BYTES: usize = 8 << 10;
/// Most connections at one time.
const MOST_CONNECTIONS: usize = 16;
/// For one connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at what came.
const PAUSE: Duration = Duration::from_millis(20);
/// Most nonces that are kept.
const MOST_NONCES: usize = 10_000;

/// A listener that ends with the scan.
#[derive(Debug)]
pub struct Canary {
    address: SocketAddr,
    came: Arc<Mutex<BTreeSet<String>>>,
    /// The one task that listens.
    _listening: JoinSet<()>,
}

impl Canary {
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let came: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let mut listening = JoinSet::new();
        listening.spawn(listen(listener, Arc::clone(&came)));

        Ok(Self { address, came, _listening: listening })
    }

    /// Returns the address that stands for a nonce.
    pub fn address_of(&self, nonce: &str) -> String {
        format!("http://{}/rw/{nonce}", self.address)
    }

    /// Returns an address that redirects to the one of another nonce, under another name of this machine.
    pub fn address_leading_to(&self, nonce: &str, further: &str) -> String {
        format!("http://{}/go/{nonce}/{further}", self.address)
    }

    /// Waits until somebody comes for a nonce, and returns whether that was so.
    pub async fn is_visited(&self, nonce: &str, patience: Duration) -> bool {
        let until = Instant::now() + patience;

        loop {
            if self.came.lock().unwrap_or_else(PoisonError::into_inner).contains(nonce) {
                return true;
            }

            if Instant::now() >= until {
                return false;
            }

            sleep(PAUSE).await;
        }
    }
}

/// Returns what the listener answers for a nonce: nobody knows it who did not come.
pub fn canary_word(nonce: &str) -> String {
    let digest = Sha256::digest(format!("routewarden canary {nonce}"));
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns true for an address of this machine by its name alone.
pub(super) fn is_on_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

async fn listen(listener: TcpListener, came: Arc<Mutex<BTreeSet<String>>>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut open = JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let came = Arc::clone(&came);
                open.spawn(async move {
                    // A visitor that does not speak is no visitor.
                    _ = timeout(PATIENCE, answer_visitor(stream, &came)).await;
                    drop(place);
                });
            }

            // No more files, or a visitor that left: it may be better in a moment.
            Err(_) => sleep(PAUSE).await,
        }

        while open.try_join_next().is_some() {}
    }
}

async fn answer_visitor(mut stream: TcpStream, came: &Mutex<BTreeSet<String>>) -> io::Result<()> {
    let port = stream.local_addr()?.port();
    let mut head = Vec::new();
    while head.len() < MOST_BYTES && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&head);
    let path = text.split_whitespace().nth(1).unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let (kind, nonce, further) = (parts.next(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_nonce = |text: &str| !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_nonce(nonce) {
        let mut came = came.lock().unwrap_or_else(PoisonError::into_inner);
        if came.len() < MOST_NONCES {
            came.insert(nonce.to_owned());
        }
    }
    let answer = match kind {
        Some("go") if is_nonce(further) => format!(
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/rw/{further}\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        ),
        _ => {
            let word = canary_word(nonce);
            let length = word.len();
            format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{word}"
            )
        }
    };
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(address: &str) -> io::Result<String> {
        let url = Url::parse(address).map_err(io::Error::other)?;
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, url.port().unwrap_or_default())).await?;
        stream.write_all(format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", url.path()).as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;

        Ok(text)
    }

    #[tokio::test]
    async fn visits_are_noted_by_their_nonce_and_answered_with_another() -> io::Result<()> {
        let canary = Canary::open().await?;
        assert!(!canary.is_visited("abc1", Duration::ZERO).await);
        let said = get(&canary.address_of("abc1")).await?;
        assert!(said.ends_with(&canary_word("abc1")) && !said.contains("abc1"), "{said}");
        assert!(canary.is_visited("abc1", Duration::from_secs(2)).await);
        let led = get(&canary.address_leading_to("abc2", "abc3")).await?;
        assert!(led.contains(&format!("Location: http://localhost:{}/rw/abc3\r\n", canary.address.port())), "{led}");
        assert!(canary.is_visited("abc2", Duration::from_secs(2)).await);
        assert!(!canary.is_visited("abc3", Duration::ZERO).await);

        Ok(())
    }
}
