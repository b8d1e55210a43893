//! The history of scans in an SQLite database of the user: written while a scan runs and at its end, read by every other command. Knows
//! reports; knows nothing of checks or the network. Texts arrive redacted; the files are still readable by their owner only.

mod error;
mod files;
mod journals;
mod locks;
mod open;
mod read;
mod running;
mod save;

pub use error::StoreError;
pub use files::locate_folder;
pub use journals::{journal_key, journals_if_any, prepare_journal_folder};
pub use open::Store;
pub use read::StoredScanRow;
pub use running::RunningScan;
