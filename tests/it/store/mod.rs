//! The stored scans.

mod files;
mod scans;
