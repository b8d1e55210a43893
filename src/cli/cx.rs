//! What every command gets: the use cases, and the one way out for text. Nothing is printed or written but through
//! [`CommandCx::leave`], where the last tripwire hangs; long texts stream through it.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::ColorChoice;
use owo_colors::OwoColorize;

use crate::app::{App, Syntax};
use crate::model::clean_lines;

use super::args::Common;
use super::files;
use super::terminal::Visible;

/// Widest text that is still read with ease; wider terminals do not make it wider.
const MOST_COLUMNS: usize = 140;
/// Width where there is no terminal to ask.
const USUAL_COLUMNS: usize = 100;

/// The use cases, and how the user wants to see their answers.
#[derive(Debug, Clone)]
pub(super) struct CommandCx {
    /// The use cases.
    pub app: App,
    /// Where the user stands.
    pub folder: PathBuf,
    /// More than the usual.
    pub verbose: bool,
    quiet: bool,
    no_progress: bool,
}

impl CommandCx {
    /// A context for one command.
    pub fn new(app: App, folder: PathBuf, common: &Common) -> Self {
        Self { app, folder, verbose: common.verbose, quiet: common.quiet, no_progress: common.no_progress }
    }

    /// The same wishes over other use cases.
    pub fn with_app(&self, app: App) -> Self {
        Self { app, ..self.clone() }
    }

    /// Prints an answer. A reader that closed the pipe has what it wanted: no fault.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print(&self, text: String) -> anyhow::Result<()> {
        self.print_with(Syntax::Text, |out| out.write_all(text.as_bytes()))
    }

    /// Prints what `fill` writes, which is of a format; as [`CommandCx::print`].
    ///
    /// # Errors
    /// When stdout cannot be written, or `fill` fails.
    pub fn print_with(
        &self,
        syntax: Syntax,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        match self.leave(syntax, Visible::new(anstream::stdout().lock()), fill) {
            // `routewarden … | head` closes the pipe early and is no failed run.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Prints a remark on stderr unless the user wants quiet.
    pub fn remark(&self, text: impl Into<String>) {
        if !self.quiet {
            self.complain(text.into());
        }
    }

    /// Prints on stderr what the user cannot do without, quiet or not.
    pub fn announce(&self, text: impl Into<String>) {
        self.complain(text.into());
    }

    /// Prints why a command failed.
    pub fn fault(&self, error: &anyhow::Error) {
        self.complain(format!("{} {}", "error:".red().bold(), clean_lines(&format!("{error:#}"))));
    }

    /// Writes an answer to a file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path, text: String) -> anyhow::Result<()> {
        self.write_with(path, Syntax::Text, |out| out.write_all(text.as_bytes()))
    }

    /// Writes what `fill` writes to a file; as [`CommandCx::write`].
    ///
    /// # Errors
    /// When the file cannot be written, or `fill` fails.
    pub fn write_with(
        &self,
        path: &Path,
        syntax: Syntax,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        files::write_whole(path, |file| self.leave(syntax, file, fill))
    }

    /// Whether a progress bar is wanted and can be seen.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && !self.no_progress && std::io::stderr().is_terminal()
    }

    /// Whether stdout shows colours: a terminal, and `NO_COLOR` is not set.
    pub fn colors(&self) -> bool {
        anstream::AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
    }

    /// Columns to write in.
    pub fn width(&self) -> usize {
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let seen = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        // `COLUMNS` may hold any number, and below 40 columns no table can be read.
        asked.or_else(seen).unwrap_or(USUAL_COLUMNS).clamp(40, MOST_COLUMNS)
    }

    fn complain(&self, text: String) {
        // There is nowhere left to say that stderr is closed.
        let _ = self.leave(Syntax::Text, Visible::new(anstream::stderr()), |out| writeln!(out, "{text}"));
    }

    /// The last look at everything that goes out: a known secret in it is replaced, and that is said.
    fn leave(
        &self,
        syntax: Syntax,
        out: impl Write,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut sweep = self.app.sweep(syntax, out);
        fill(&mut sweep)?;
        // The end of a text may be the beginning of a secret, so the sweep holds it back until now.
        let (mut out, n_hidden) = sweep.finish()?;
        out.flush()?;

        if n_hidden > 0 {
            tracing::warn!("a secret was about to be printed and was replaced; please report this as a fault");
        }
        Ok(())
    }
}
