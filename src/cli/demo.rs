//! `routewarden demo`: starts the built-in API and scans it, or keeps it up for an assistant to scan.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::app::ScanRequest;
use crate::demo::{self, Demo, DemoOptions};

use super::cx::CommandCx;
use super::exit::Exit;
use super::files;
use super::interrupts::Interrupts;
use super::options::{JudgeOptions, LimitOptions, ScopeOptions, TargetOptions, build_overrides};
use super::outputs::{FormatOption, Outputs};
use super::scan;

/// Options of `demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// The repaired twin: the same API without the weaknesses
    #[arg(long)]
    pub repaired: bool,
    /// Port on 127.0.0.1 [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// Keep the API up instead of scanning it, until Ctrl-C
    #[arg(long)]
    pub serve: bool,
    #[command(flatten)]
    pub(super) scope: ScopeOptions,
    #[command(flatten)]
    pub(super) limits: LimitOptions,
    /// Where reports go.
    #[command(flatten)]
    pub outputs: Outputs,
    #[command(flatten)]
    pub(super) judge: JudgeOptions,
}

/// Where a served demo is found, for scripts: one line of JSON.
#[derive(Debug, Serialize)]
struct Whereabouts<'a> {
    base_url: &'a str,
    config: &'a Path,
    env_file: &'a Path,
}

/// Starts, and scans or serves.
pub(super) async fn run(cx: &CommandCx, args: DemoArgs) -> anyhow::Result<Exit> {
    args.outputs.check()?;
    let bar = args.judge.bar()?;

    // Before anything is started, so that nothing is left behind when the user stops early.
    let mut interrupts = Interrupts::listen()?;
    let options = DemoOptions { repaired: args.repaired, port: args.port };
    let served = demo::start(options).await.with_context(|| format!("the demo cannot listen on port {}", args.port))?;
    let folder = TemporaryFolder::new()?;
    let config = folder.0.join("routewarden.toml");
    files::write_whole(&config, |file| file.write_all(served.config_toml().as_bytes()))?;

    if args.serve {
        return keep_up(cx, &mut interrupts, &served, &config, args.outputs.stdout).await;
    }
    cx.remark(format!("the demo API runs on {}", served.base_url));
    // Passwords of the demo reach the scan as variables would, and stay out of this process's environment.
    let cx = cx.with_app(cx.app.with_environment(served.secrets().into_iter().collect()));
    let mut overrides = build_overrides(&TargetOptions::default(), args.scope, &args.limits);
    overrides.baseline = args.judge.baseline;
    let request = ScanRequest { config: Some(config), overrides, ..ScanRequest::default() };
    let Some(finished) = scan::run_to_end(&cx, &mut interrupts, request).await? else { return Ok(Exit::Interrupted) };
    args.outputs.emit(&cx, &finished.report)?;

    Ok(Exit::of_report(&finished.report, &bar))
}

/// Serves until the user stops it. The accounts' passwords go to a file beside the configuration, not to the screen.
async fn keep_up(
    cx: &CommandCx,
    interrupts: &mut Interrupts,
    served: &Demo,
    config: &Path,
    format: Option<FormatOption>,
) -> anyhow::Result<Exit> {
    let env_file = config.with_file_name("demo.env");
    let lines: String =
        served.secrets().iter().map(|(name, value)| format!("{name}={}\n", quote_for_shell(value))).collect();
    files::write_whole(&env_file, |file| file.write_all(lines.as_bytes()))?;

    if format == Some(FormatOption::Json) {
        let whereabouts = Whereabouts { base_url: &served.base_url, config, env_file: &env_file };
        // Scripts read a line at a time, so the whole answer is one.
        cx.print(serde_json::to_string(&whereabouts)? + "\n")?;
    } else {
        cx.print(format!(
            "the demo API runs on {}; Ctrl-C ends it. To scan it from another terminal:\n\n  \
             set -a; . {}; set +a\n  routewarden scan --config {}\n",
            served.base_url,
            env_file.display(),
            config.display()
        ))?;
    }

    interrupts.next().await;
    Ok(Exit::Clean)
}

/// A value as a POSIX shell reads it.
fn quote_for_shell(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A folder that only this user can read, removed at the end.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> anyhow::Result<Self> {
        // A name that cannot be guessed: the folder for temporary files belongs to all users of the machine.
        let path = std::env::temp_dir().join(format!("routewarden-demo-{:016x}", rand::random::<u64>()));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).with_context(|| format!("the folder `{}` cannot be made", path.display()))?;

        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!("`{}` could not be removed: {error}", self.0.display());
        }
    }
}
