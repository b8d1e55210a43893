//! Eight bytes in a row, and where they stand in what is looked for: one look at every fourth place of a text tells
//! whether any of it can be there.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::ControlFlow;

/// Bytes of one gram.
pub(super) const GRAM: usize = 8;
/// Every run of [`SURE`] bytes holds a gram that starts at a multiple of this.
const STRIDE: usize = 4;
/// What is this long cannot be passed over.
pub(super) const SURE: usize = GRAM + STRIDE - 1;
/// Bits for each gram, so that hardly any other one is taken for it.
const BITS_PER_GRAM: usize = 64;
const FEWEST_BITS: usize = 1 << 16;
const MOST_BITS: usize = 1 << 22;

/// Where a gram stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IndexEntry {
    /// In a form, and how far from its beginning.
    Form(usize, usize),
    /// In a value of which parts count, and how far from its beginning.
    Run(usize, usize),
}

/// All grams that lead to something.
#[derive(Default)]
pub(super) struct Index {
    entries: HashMap<u64, Vec<IndexEntry>, BuildHasherDefault<GramHasher>>,
    /// One bit for each hash of a gram; answers nearly every question with no.
    present: Vec<u64>,
    shift: u32,
}

impl Index {
    pub fn new(grams: impl Iterator<Item = (u64, IndexEntry)>) -> Self {
        let mut entries: HashMap<u64, Vec<IndexEntry>, BuildHasherDefault<GramHasher>> = HashMap::default();
        for (gram, entry) in grams {
            entries.entry(gram).or_default().push(entry);
        }
        // A scan may know thousands of values: the table grows with them, and stops at 512 KiB.
        let n_bits = (entries.len() * BITS_PER_GRAM).next_power_of_two().clamp(FEWEST_BITS, MOST_BITS);
        let mut index = Self { entries, present: vec![0; n_bits / 64], shift: u64::BITS - n_bits.trailing_zeros() };
        let grams: Vec<u64> = index.entries.keys().copied().collect();

        for gram in grams {
            let (word, bit) = index.slot(gram);
            index.present.get_mut(word).into_iter().for_each(|word| *word |= bit);
        }
        index
    }

    /// Calls back with every place of a text whose gram is known, until it says to stop.
    pub fn each(
        &self,
        bytes: &[u8],
        mut found: impl FnMut(usize, &[IndexEntry]) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let words = bytes.as_chunks::<STRIDE>().0.iter().map(|word| u64::from(u32::from_le_bytes(*word)));
        let mut before = 0;

        for (number, word) in words.enumerate() {
            // Two words side by side make a gram, so that each word of the text is read once.
            let gram = fold_case(before | word << 32);
            before = word;
            if self.may_hold(gram)
                && number > 0
                && let Some(entries) = self.entries.get(&gram)
            {
                found((number - 1) * STRIDE, entries)?;
            }
        }

        ControlFlow::Continue(())
    }

    fn may_hold(&self, gram: u64) -> bool {
        let (word, bit) = self.slot(gram);
        self.present.get(word).is_some_and(|word| word & bit != 0)
    }

    fn slot(&self, gram: u64) -> (usize, u64) {
        let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

/// Eight bytes as one number, the same for capital and small letters.
pub(super) fn gram_from_bytes(window: &[u8]) -> Option<u64> {
    window.try_into().ok().map(|bytes: [u8; GRAM]| fold_case(u64::from_le_bytes(bytes)))
}

/// Some punctuation falls together as well; whoever follows a gram compares.
fn fold_case(gram: u64) -> u64 {
    gram | 0x2020_2020_2020_2020
}

/// Grams are spread by one multiplication; they come from the scan's own values, not from a stranger.
#[derive(Default)]
struct GramHasher(u64);

impl Hasher for GramHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
