//! Seeded draws of characters, numbers and words. Knows no format of any vendor.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

pub const DIGITS: &str = "0123456789";
pub const HEX: &str = "0123456789abcdef";
pub const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
pub const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
pub const LOWER_DIGITS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
pub const UPPER_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
pub const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
pub const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub const URL_SAFE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
pub const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
pub const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const WORDS: &[&str] = &[
    "amber", "anchor", "apricot", "autumn", "basket", "beacon", "birch", "bridge", "canyon", "cedar", "cobalt",
    "comet", "copper", "coral", "delta", "ember", "falcon", "feather", "garden", "glacier", "granite", "harbor",
    "hazel", "island", "ivory", "juniper", "lantern", "lemon", "maple", "marble", "meadow", "mercury", "mosaic",
    "nectar", "nickel", "ocean", "olive", "opal", "orchid", "pebble", "pepper", "pioneer", "quartz", "raven", "river",
    "saffron", "sierra", "silver", "summit", "thunder", "timber", "topaz", "tulip", "valley", "velvet", "walnut",
    "willow", "winter", "zephyr",
];

/// The one source of chance of a corpus: the same seed gives the same corpus.
pub struct Draw {
    rng: StdRng,
}

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self { rng: StdRng::seed_from_u64(seed) }
    }

    /// A number of 0 to `end`, `end` left out; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.rng.random_range(0..end) }
    }

    /// A number of `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.rng.random_range(low..=high.max(low))
    }

    /// True once in `n` draws.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy + Default>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.rng).copied().unwrap_or_default()
    }

    /// `n` characters of an ASCII alphabet.
    pub fn of(&mut self, alphabet: &str, n: usize) -> String {
        (0..n).map(|_| char::from(self.pick(alphabet.as_bytes()))).collect()
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub fn hex(&mut self, n: usize) -> String {
        self.of(HEX, n)
    }

    pub fn digits(&mut self, n: usize) -> String {
        self.of(DIGITS, n)
    }

    pub fn alnum(&mut self, n: usize) -> String {
        self.of(ALNUM, n)
    }

    pub fn url_safe(&mut self, n: usize) -> String {
        self.of(URL_SAFE, n)
    }

    /// Standard base64, padded, of `n` random bytes.
    pub fn base64(&mut self, n: usize) -> String {
        STANDARD.encode(self.bytes(n))
    }

    /// Base64 for URLs, unpadded, of `n` random bytes.
    pub fn base64url(&mut self, n: usize) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes(n))
    }

    pub fn word(&mut self) -> &'static str {
        self.pick(WORDS)
    }

    /// A host below a name that nobody owns (RFC 2606) or one that looks like an internal one.
    pub fn host(&mut self) -> String {
        let word = self.word();
        match self.below(4) {
            0 => format!("{word}.example.com"),
            1 => format!("{word}.internal"),
            2 => format!("db-{}.{word}.example.net", self.below(9)),
            _ => format!("10.{}.{}.{}", self.below(256), self.below(256), self.between(1, 254)),
        }
    }

    /// A UUID of the version given, with the variant of RFC 9562.
    pub fn uuid(&mut self, version: char) -> String {
        let variant = self.of("89ab", 1);
        format!("{}-{}-{version}{}-{variant}{}-{}", self.hex(8), self.hex(4), self.hex(3), self.hex(3), self.hex(12))
    }

    /// A time of 2024 to 2026 in RFC 3339.
    pub fn time(&mut self) -> String {
        format!(
            "{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            self.between(2024, 2026),
            self.between(1, 12),
            self.between(1, 28),
            self.below(24),
            self.below(60),
            self.below(60),
            self.below(1000)
        )
    }

    /// A password as a person or a password manager would choose it.
    pub fn password(&mut self) -> String {
        match self.below(3) {
            0 => self.of("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789!#*_-.", 16),
            1 => {
                let (a, b) = (self.word(), self.word());
                let mut first = a.chars();
                let head: String = first.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(first).collect();
                format!("{head}{b}{}{}", self.between(10, 9999), self.pick(&["!", "#", "*", "_", ""]))
            }
            _ => self.alnum(20),
        }
    }
}
