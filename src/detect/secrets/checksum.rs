//! Check digits that vendors put into their secrets, so that a look-alike is told from the real thing without a request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A vendor's check digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    /// The last six characters are the CRC-32 of the characters between the prefix and them, in base 62
    /// (GitHub, npm: "Behind GitHub's new authentication token formats", 2021).
    Crc32Base62,
    /// The last eight hexadecimal digits, behind `=`, are the CRC-32 of all before the `=` (Atlassian).
    Crc32Hex,
    /// The part before the first dot is base64url of routing text (GitLab, "Routable tokens").
    Routable,
    /// The part before the first dot is base64 of a number of 17 to 20 digits (Discord, ids of accounts).
    Snowflake,
}

impl Checksum {
    /// The checksum of that name in the rules.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "crc32-base62" => Some(Self::Crc32Base62),
            "crc32-hex" => Some(Self::Crc32Hex),
            "routable" => Some(Self::Routable),
            "snowflake" => Some(Self::Snowflake),
            _ => None,
        }
    }

    /// Whether it holds for a secret that begins with `prefix`.
    pub fn holds(self, secret: &str, prefix: &str) -> bool {
        let body = secret.strip_prefix(prefix).unwrap_or(secret);
        match self {
            Self::Crc32Base62 => body
                .len()
                .checked_sub(6)
                .and_then(|at| body.split_at_checked(at))
                .is_some_and(|(body, digits)| format_base62(crc32_checksum(body.as_bytes())) == digits),
            Self::Crc32Hex => secret
                .rsplit_once('=')
                .is_some_and(|(body, digits)| format!("{:08X}", crc32_checksum(body.as_bytes())) == digits),
            Self::Routable => body.split('.').next().is_some_and(|payload| {
                let decoded = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
                decoded.len() >= 20
            }),
            Self::Snowflake => body.split('.').next().is_some_and(|id| {
                let decoded = URL_SAFE_NO_PAD.decode(id).unwrap_or_default();
                (17..=20).contains(&decoded.len()) && decoded.iter().all(u8::is_ascii_digit)
            }),
        }
    }
}

/// CRC-32 of ISO 3309, as zlib computes it.
pub(super) fn crc32_checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// Six digits of `0-9A-Za-z`, zeros first.
pub(super) fn format_base62(mut number: u32) -> String {
    let digit = |value: u32| match u8::try_from(value).unwrap_or_default() {
        value @ 0..=9 => char::from(b'0' + value),
        value @ 10..=35 => char::from(b'A' + value - 10),
        value => char::from(b'a' + value.saturating_sub(36)),
    };
    let mut digits = Vec::new();

    for _ in 0..6 {
        digits.push(digit(number % 62));
        number /= 62;
    }
    digits.into_iter().rev().collect()
}
