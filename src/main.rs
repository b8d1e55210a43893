//! The `routewarden` program: reads the command line, starts the runtime, hands over to the library.

use std::io::Write;
use std::process::ExitCode;

use routewarden::cli::{self, Exit};
use routewarden::detect::Redactor;
use routewarden::model::clean_lines;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let command = match cli::parse_command_line() {
        Ok(command) => command,
        Err(exit) => return exit.into(),
    };
    // What a scan learns to be secret, the logs keep back as well.
    let redactor = Redactor::new();
    log_to_stderr(redactor.clone());

    // Two workers: one keeps answering Ctrl-C and drawing while the other is busy with a large document.
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("the runtime did not start: {error}");
            return Exit::Untrusted.into();
        }
    };

    let exit = runtime.block_on(cli::run_command(command, redactor));
    // Nothing is waited for: whoever pressed Ctrl-C twice wants to leave at once.
    runtime.shutdown_background();
    exit.into()
}

/// Cuts out of each line what is known to be secret, in any disguise or in part, and whatever has the form of a
/// credential; a line is one write.
struct RedactingWriter<W>(Redactor, W);

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let (kept, _) = self.0.tripwire(&self.0.text(&clean_lines(&String::from_utf8_lossy(line))));
        self.1.write_all(kept.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.1.flush()
    }
}

/// Logs go to stderr, where they never mix with a report or with the protocol of `routewarden mcp`.
fn log_to_stderr(redactor: Redactor) {
    let wanted = std::env::var("ROUTEWARDEN_LOG").or_else(|_| std::env::var("RUST_LOG"));
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or("warn")).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || RedactingWriter(redactor.clone(), std::io::stderr()))
        // Colours would need a part of the library that is not built, and a line is cut as plain text.
        .with_ansi(false)
        .init();
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use routewarden::model::Secret;

    use super::*;

    #[test]
    fn a_known_token_leaves_in_no_disguise_nor_in_part() {
        let token = "q7Zk2mVx9Lr4Tn8Wd3Hs6Yb1";
        let (before, redactor) = (Redactor::new(), Redactor::new());
        redactor.learn("ALICE_TOKEN", &Secret::new(token));
        let reversed: String = token.chars().rev().collect();
        let spaced: String = token.chars().flat_map(|c| [c, ' ']).collect();

        for disguise in [token.to_owned(), reversed, spaced, STANDARD.encode(token), token[4..20].to_owned()] {
            let logged = |redactor: &Redactor| {
                let mut out = Vec::new();
                let line = format!("WARN the server answered {disguise} to GET /me\n");
                assert_eq!(RedactingWriter(redactor.clone(), &mut out).write(line.as_bytes()).ok(), Some(line.len()));
                String::from_utf8_lossy(&out).into_owned()
            };

            assert!(logged(&before).contains(&disguise), "a redactor that knows nothing shows what is tested");
            let kept = logged(&redactor);
            assert!(!kept.contains(disguise.trim()) && kept.contains("ALICE_TOKEN"), "{kept}");
            assert!(kept.ends_with(" to GET /me\n"), "{kept}");
        }
    }
}
