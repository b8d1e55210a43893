//! The command line: a thin face of the use cases in `app`. Reads options, calls one use case, prints the answer, and
//! turns it into an exit code. Knows nothing of probes or checks.

mod args;
mod baseline;
mod checks;
mod coverage;
mod cx;
mod demo;
mod diff;
mod exit;
mod explain;
mod files;
mod fix;
mod follow;
mod history;
mod init;
mod intent;
mod interrupts;
mod layout;
mod mcp;
mod options;
mod outputs;
mod ownership;
mod progress;
mod recheck;
mod render;
mod replay;
mod report;
mod run;
mod scan;
mod sign_in;
mod terminal;
mod undo;

pub use args::{Cli, Command};
pub use exit::{Bar, Confident, Exit, Threshold};
pub use layout::{LayoutColumn, cut_text, render_table, wrap_text};
pub use outputs::{FormatOption, Outputs};
pub use recheck::exit_of as recheck_exit;
pub use run::{parse_command_line, run_command};
