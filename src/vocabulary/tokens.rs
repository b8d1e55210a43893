//! Names, split into words.

use super::aliases::translate_words;

/// Names come from answers as well, and may be of any length: more of one is not read.
const MOST_CHARACTERS: usize = 120;

/// Splits `invoiceId`, `invoice_id`, `invoice-id`, `InvoiceID` into lower-case words, and reads those of other languages
/// and of a user's own API as the English ones that the rules know: `rolUsuario` is `role`, `user`.
pub fn split_words(name: &str) -> Vec<String> {
    translate_words(split_name(name))
}

fn split_name(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().take(MOST_CHARACTERS).collect();
    let mut found: Vec<String> = Vec::new();
    let mut word = String::new();

    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| characters.get(at)).copied();
        let after = characters.get(index + 1).copied();
        // In `HTTPServer` the last capital before a small letter begins the second word.
        let starts = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(char::is_lowercase))
            });
        if starts || !character.is_alphanumeric() {
            if !word.is_empty() {
                found.push(std::mem::take(&mut word));
            }
            if !character.is_alphanumeric() {
                continue;
            }
        }

        word.extend(character.to_lowercase());
    }

    if !word.is_empty() {
        found.push(word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::split_words;

    #[test]
    fn names_are_split_at_humps_and_signs() {
        for (name, words) in [
            ("invoiceId", "invoice id"),
            ("invoice_id", "invoice id"),
            ("HTTPServer", "http server"),
            ("step2Verify", "step2 verify"),
            ("", ""),
        ] {
            assert_eq!(split_words(name).join(" "), words, "{name}");
        }
    }

    #[test]
    fn words_of_other_languages_are_read_as_the_known_ones() {
        for (name, words) in [
            ("rolUsuario", "role user"),
            ("/iniciar-sesion", "login"),
            ("mot_de_passe_oublie", "password forgot"),
            ("Kontrolle", "kontrolle"),
            ("usuarios", "users"),
            ("iniciar", "iniciar"),
        ] {
            assert_eq!(split_words(name).join(" "), words, "{name}");
        }
    }
}
