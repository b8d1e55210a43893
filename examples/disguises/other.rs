//! Text in which no known value stands: files below folders, or generated.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;

use crate::draw::Draw;
use crate::speed::{json, prose};

/// Files are read in pieces of this size.
const PIECE: usize = 1024 * 1024;

/// A piece of text.
pub struct Piece {
    /// The file, or what was generated.
    pub from: String,
    /// Its text.
    pub text: String,
}

/// Pieces of other text, up to so many megabytes.
pub struct Text {
    folders: VecDeque<PathBuf>,
    files: Vec<PathBuf>,
    pieces: VecDeque<Piece>,
    left: usize,
}

impl Text {
    /// From folders, or generated where there are none.
    pub fn new(folders: &[PathBuf], megabytes: usize, seed: u64) -> Self {
        let mut pieces = VecDeque::new();
        if folders.is_empty() {
            let mut draw = Draw::new(seed + 2);
            for round in 0..megabytes {
                let (from, text) =
                    if round % 2 == 0 { ("JSON", json(&mut draw, PIECE)) } else { ("prose", prose(&mut draw, PIECE)) };
                pieces.push_back(Piece { from: from.to_owned(), text });
            }
        }
        Self { folders: folders.iter().cloned().collect(), files: Vec::new(), pieces, left: megabytes * PIECE }
    }

    /// Looks into the next folder, or cuts the next file.
    fn advance(&mut self) -> Option<()> {
        if let Some(file) = self.files.pop() {
            let from = file.display().to_string();
            let bytes = fs::read(&file).unwrap_or_default();
            // Programs and pictures are no text.
            if !bytes.iter().take(8192).any(|byte| *byte == 0) {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                self.pieces.extend(bytes.chunks(PIECE).map(|chunk| Piece { from: from.clone(), text: text(chunk) }));
            }
            return Some(());
        }
        let folder = self.folders.pop_front()?;
        let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folders.push_back(entry.path()),
                Ok(kind) if kind.is_file() => self.files.push(entry.path()),
                _ => {}
            }
        }
        Some(())
    }
}

impl Iterator for Text {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        while self.left > 0 {
            if let Some(piece) = self.pieces.pop_front() {
                self.left = self.left.saturating_sub(piece.text.len());
                return Some(piece);
            }
            self.advance()?;
        }
        None
    }
}
