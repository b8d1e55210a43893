//! The command line, as a shell sees it: the program is run, or its options are read.

mod exit;
mod help;
mod intent;
mod large;
mod layout;
mod outputs;
mod usage;
mod wired;

use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

/// The program in an empty folder, with nothing of this machine's environment.
pub(crate) struct Shell {
    folder: TempDir,
}

impl Shell {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("routewarden"));
        command.env_clear().env("ROUTEWARDEN_DATA", self.folder().join("data"));
        command.current_dir(self.folder()).args(arguments);
        command
    }

    /// Runs it; exit code, stdout and stderr.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}
