//! Fills `<alphabet:length>` with random characters, so that no complete secret stands in the repository.

use std::hash::{DefaultHasher, Hash, Hasher};

/// A small generator with a fixed seed: the same text in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        Self(hasher.finish() | 1)
    }

    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

fn letters(alphabet: &str) -> Vec<u8> {
    let (dec, low, up): (Vec<u8>, Vec<u8>, Vec<u8>) =
        ((b'0'..=b'9').collect(), (b'a'..=b'z').collect(), (b'A'..=b'Z').collect());
    let hex: Vec<u8> = (b'a'..=b'f').collect();
    match alphabet {
        "dec" => dec,
        "hex" | "xdig" => [dec, hex].concat(),
        "uhex" => [dec, (b'A'..=b'F').collect()].concat(),
        "alpha" => [low, up].concat(),
        "lowdec" | "dashed" => [low, dec].concat(),
        "updec" => [up, dec].concat(),
        "base32" => [up, (b'2'..=b'7').collect()].concat(),
        "pad" => vec![b'='],
        "base64" => [low, up, dec, b"+/".to_vec()].concat(),
        "base62" | "url" | "urldot" | "azure" | "percent" => [low, up, dec].concat(),
        other => panic!("no alphabet {other}"),
    }
}

/// The text of a template.
pub fn filled(template: &str, dice: &mut Dice) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('<') {
        text.push_str(before);
        let (span, after) = behind.split_once('>').unwrap();
        if span == "crc32" {
            let body: String = text.chars().rev().take(30).collect::<Vec<_>>().into_iter().rev().collect();
            text.push_str(&crc32_base62(body.as_bytes()));
        } else {
            let (alphabet, length) = span.split_once(':').unwrap();
            let letters = letters(alphabet);
            for _ in 0..length.parse::<usize>().unwrap() {
                text.push(char::from(letters[dice.next(letters.len())]));
            }
        }
        rest = after;
    }
    text + rest
}

/// Written apart from the program's own, from the definition.
fn crc32_base62(bytes: &[u8]) -> String {
    let mut table = [0u32; 256];
    for (index, entry) in table.iter_mut().enumerate() {
        *entry = u32::try_from(index).unwrap();
        for _ in 0..8 {
            *entry = if *entry & 1 == 1 { 0xEDB8_8320 ^ (*entry >> 1) } else { *entry >> 1 };
        }
    }
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| table[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8));
    let mut rest = crc ^ u32::MAX;
    let digits = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = vec![b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = digits[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8(text).unwrap()
}

/// The check value that every description of CRC-32 gives.
#[test]
fn the_checksum_is_the_known_one() {
    // 0xCBF43926 in base 62.
    let mut number = 0xCBF4_3926_u32;
    let mut expected = Vec::new();
    for _ in 0..6 {
        expected
            .push("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".as_bytes()[(number % 62) as usize]);
        number /= 62;
    }
    expected.reverse();
    assert_eq!(crc32_base62(b"123456789").as_bytes(), expected);
}
