//! The `routewarden` program: reads the command line, starts the runtime, hands over to the library.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use routewarden::cli::{self, Exit};
use routewarden::detect::Redactor;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let command = match cli::parse() {
        Ok(command) => command,
        Err(exit) => return exit.into(),
    };
    log_to_stderr();
    // Two workers: one keeps answering Ctrl-C and drawing while the other is busy with a large document.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("the runtime did not start: {error}");
            return Exit::Untrusted.into();
        }
    };
    let exit = runtime.block_on(cli::run(command));
    // Nothing is waited for: whoever pressed Ctrl-C twice wants to leave at once.
    runtime.shutdown_background();
    exit.into()
}

/// Cuts out of each line whatever has the form of a credential; a line is one write.
struct Cut(Redactor);

impl Write for Cut {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        std::io::stderr().write_all(self.0.text(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

/// Logs go to stderr, where they never mix with a report or with the protocol of `routewarden mcp`.
fn log_to_stderr() {
    let wanted = std::env::var("ROUTEWARDEN_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or("warn")).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Cut(Redactor::new()))
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .init();
}
