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
    let other: String = id.chars().map(turned).collect();
    if other != id {
        return other;
    }
    // A name has no digit to turn: its letters are exchanged, and what has none of them either is made longer.
    let other: String = id.chars().map(turn_letter).collect();
    if other == id { format!("{id}-{}", random_word()) } else { other }
}

/// Returns the letter of the same case 13 further on.
fn turn_letter(letter: char) -> char {
    match letter {
        'a'..='m' | 'A'..='M' => char::from(letter as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(letter as u8 - 13),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::nobodys_id;

    #[test]
    fn an_id_that_is_nobodys_is_another_one() {
        for id in ["17", "jury-trip", "JURY", "65f1c0ffee", "旅行", "", "9f8e7d6c-0000-4000-8000-000000000000"] {
            assert_ne!(nobodys_id(id), id);
        }
    }

    #[test]
    fn it_has_the_form_of_the_other() {
        assert_eq!(nobodys_id("jury-trip"), "whel-gevc");
        assert_eq!(nobodys_id("ORD-1001"), "ORD-4334");
        assert!(nobodys_id("17").bytes().all(|byte| byte.is_ascii_digit()));
    }
}
