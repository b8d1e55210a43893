//! What is known of whether the objects of a creating operation go again.

/// Removals of unusual objects that say something of all.
const ENOUGH: usize = 2;

/// What is known of whether the objects of a creating operation go again.
#[derive(Debug, Clone, Default)]
pub(super) struct Removability {
    /// One was seen to go, or why one did not.
    pub(super) tried: Option<Result<(), String>>,
    /// How many did not go that were made with something unusual in them, which may be why.
    unusual: usize,
    /// How many were made as any other, and with something unusual in them.
    pub(super) made: [usize; 2],
    /// Objects that were not made since they would stay.
    pub(super) unmade: usize,
}

impl Removability {
    /// Takes whether one went, or why it did not.
    pub(super) fn learn(&mut self, went: Result<(), String>, is_usual: bool) {
        self.unusual += usize::from(!is_usual && went.is_err());
        // What is unusual in an object may be why it stays, so that one failure of such objects is not enough.
        if went.is_ok() || is_usual || self.unusual >= ENOUGH {
            self.tried = Some(went);
        }
    }
}
