//! Words and ids that stand nowhere else.

/// 26 letters and digits of base32: 130 random bits.
pub(crate) fn random_word() -> String {
    use rand::RngExt as _;
    let mut random = rand::rng();
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..26).filter_map(|_| LETTERS.get(random.random_range(0..32)).copied()).map(char::from).collect()
}

/// An id of the same form that is nobody's, as far as chance goes.
pub(crate) fn nobodys_id(id: &str) -> String {
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        // Nine digits are beyond what most sequences have reached, and still fit a column of 32 bits.
        return format!("9{:08}", rand::random::<u32>() % 100_000_000);
    }
    let turned = |letter: char| match letter {
        '0'..='9' => char::from_digit((letter as u32 + 5) % 10, 10).unwrap_or(letter),
        'a'..='f' => char::from_digit((letter as u32 - 0x57 + 3) % 16, 16).unwrap_or(letter),
        other => other,
    };
    id.chars().map(turned).collect()
}
