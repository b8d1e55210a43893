//! The alphabets that vendors draw their secrets from, as tables of bytes.

/// A set of bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Alphabet {
    members: [bool; 256],
    /// The name in the rules.
    pub name: &'static str,
}

type Ranges = &'static [(u8, u8)];

/// Name, ranges and single characters.
const KNOWN: [(&str, Ranges, &str); 17] = [
    ("dec", &[(b'0', b'9')], ""),
    ("hex", &[(b'0', b'9'), (b'a', b'f')], ""),
    ("uhex", &[(b'0', b'9'), (b'A', b'F')], ""),
    ("xdig", &[(b'0', b'9'), (b'a', b'f'), (b'A', b'F')], ""),
    ("lower", &[(b'a', b'z')], ""),
    ("alpha", &[(b'a', b'z'), (b'A', b'Z')], ""),
    ("lowdec", &[(b'a', b'z'), (b'0', b'9')], ""),
    ("updec", &[(b'A', b'Z'), (b'0', b'9')], ""),
    ("base32", &[(b'A', b'Z'), (b'2', b'7')], ""),
    ("base62", &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], ""),
    ("url", &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], "-_"),
    ("urldot", &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], "-_."),
    ("dashed", &[(b'a', b'z'), (b'0', b'9')], "-"),
    ("base64", &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], "+/"),
    ("azure", &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], "-_.~"),
    ("pad", &[], "="),
    ("percent", &[(b'a', b'z'), (b'A', b'Z'), (b'0', b'9')], "%"),
];

impl Alphabet {
    /// The alphabet of that name.
    pub fn named(name: &str) -> Option<Self> {
        let (name, ranges, singles) = KNOWN.into_iter().find(|(known, ..)| *known == name)?;
        let mut members = [false; 256];

        for (byte, member) in members.iter_mut().enumerate() {
            let byte = u8::try_from(byte).unwrap_or_default();
            *member =
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte)) || singles.as_bytes().contains(&byte);
        }
        Some(Self { members, name })
    }

    /// Whether a byte belongs to it.
    pub fn has(&self, byte: u8) -> bool {
        self.members.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// How many bytes from `at` on belong to it, at most `most`.
    pub fn run(&self, text: &[u8], at: usize, most: usize) -> usize {
        text.get(at..).unwrap_or_default().iter().take(most).take_while(|byte| self.has(**byte)).count()
    }

    /// How many bytes before `at` belong to it, at most `most`.
    pub fn run_back(&self, text: &[u8], at: usize, most: usize) -> usize {
        text.get(..at).unwrap_or_default().iter().rev().take(most).take_while(|byte| self.has(**byte)).count()
    }
}

impl std::fmt::Debug for Alphabet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
