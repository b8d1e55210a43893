//! Groups of options that several commands share, and what they mean to the use cases.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use thiserror::Error;

use crate::app::Overrides;
use crate::config::{PatternRefused, check_pattern};
use crate::model::Mode;

use super::baseline;
use super::exit::{Bar, Confident, Threshold};

/// Seconds that a scan may take where nothing says otherwise.
const USUAL_MAX_SECONDS: u64 = 900;

/// How much a scan may do, as the command line spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeOption {
    /// Reads that are judged safe
    Passive,
    /// Also creates its own objects and accounts, and writes to those alone
    Active,
    /// Also odd input and bounded bursts
    Intrusive,
}

impl From<ModeOption> for Mode {
    fn from(mode: ModeOption) -> Self {
        match mode {
            ModeOption::Passive => Self::Passive,
            ModeOption::Active => Self::Active,
            ModeOption::Intrusive => Self::Intrusive,
        }
    }
}

/// What is scanned and where requests may go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetOptions {
    /// Configuration file [default: routewarden.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where requests go [default: where the document came from; for a file, its first server on loopback]
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Let requests go to this origin too; loopback needs no permission, everything else does (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    pub allow: Vec<String>,
    /// OpenAPI Overlay whose actions are applied to the document [default: `overlay` in [target]]
    #[arg(long, value_name = "FILE")]
    pub overlay: Option<PathBuf>,
    /// The API's source tree, to name the handler behind a finding
    #[arg(long, value_name = "DIR")]
    pub source: Option<PathBuf>,
}

/// What is tested and how far it goes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "What to test")]
pub struct ScopeOptions {
    /// How much the scan may do [default: passive]
    #[arg(long, value_enum)]
    pub mode: Option<ModeOption>,
    /// Only these checks or families: `authz/bola-read,token`
    #[arg(long, value_name = "ID,FAMILY,...", value_delimiter = ',')]
    pub checks: Vec<String>,
    /// Only these operations: `GET /x,POST /y/*`
    #[arg(long, value_name = "OPERATION,...", value_delimiter = ',')]
    pub operations: Vec<String>,
    /// Never ask these operations, besides `exclude` in [scan]
    #[arg(long, value_name = "OPERATION,...", value_delimiter = ',', value_parser = operation_pattern)]
    pub exclude: Vec<String>,
    /// Ask these GETs though the document leaves a doubt whether they only read, besides `include` in [scan]
    #[arg(long, value_name = "OPERATION,...", value_delimiter = ',', value_parser = operation_pattern)]
    pub include: Vec<String>,
    /// Only these configured identities
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub identities: Vec<String>,
    /// Sign up two throw-away accounts through the API itself, and use them; needs --mode active
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub auto_accounts: Option<bool>,
    /// Also ask models behind the API this, and look for tokens and the system prompt in the answer (repeatable, at
    /// most 8); needs --mode active
    #[arg(long, value_name = "TEXT")]
    pub llm_prompt: Vec<String>,
}

/// How much is sent, and how fast.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Limits")]
pub struct LimitOptions {
    /// Most requests to send
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_requests: Option<u64>,
    /// Seconds for the whole scan, undoing aside; 0 for no limit [default: 900]
    #[arg(long, value_name = "N")]
    pub max_seconds: Option<u64>,
    /// Requests a second
    #[arg(long, value_name = "N", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// Requests at one time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=128))]
    pub concurrency: Option<u16>,
    /// Seconds to wait for one answer
    #[arg(long, value_name = "SECONDS", value_parser = parse_positive)]
    pub timeout: Option<f64>,
}

/// When the run fails.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Exit code")]
pub struct JudgeOptions {
    /// Exit with 1 when a finding is at least this severe
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = Threshold::High)]
    pub fail_on: Threshold,
    /// ... and at least this sure
    #[arg(long, value_enum, value_name = "CONFIDENCE", default_value_t = Confident::Confirmed)]
    pub min_confidence: Confident,
    /// A report (JSON) whose findings are known and fail nothing
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

impl JudgeOptions {
    /// The bar that findings are held against.
    ///
    /// # Errors
    /// When the baseline is no report.
    pub fn bar(&self) -> anyhow::Result<Bar> {
        // Read before the scan starts: a wrong path must not cost a whole scan.
        let known = self.baseline.as_deref().map(baseline::load_ids).transpose()?.unwrap_or_default();
        Ok(Bar { fail_on: self.fail_on, min_confidence: self.min_confidence, known })
    }
}

/// What differs from the configuration file.
pub(super) fn build_overrides(target: &TargetOptions, scope: ScopeOptions, limits: &LimitOptions) -> Overrides {
    Overrides {
        without_undo: false,
        base_url: target.base_url.clone(),
        allow: target.allow.clone(),
        mode: scope.mode.map(Mode::from),
        checks: scope.checks,
        operations: scope.operations,
        exclude: scope.exclude,
        include: scope.include,
        identities: scope.identities,
        source: target.source.clone(),
        without_source: false,
        overlay: target.overlay.clone(),
        auto_accounts: scope.auto_accounts,
        max_requests: limits.max_requests,
        max_seconds: limits.max_seconds,
        usual_max_seconds: Some(USUAL_MAX_SECONDS),
        rate: limits.rate,
        concurrency: limits.concurrency.map(usize::from),
        timeout_seconds: limits.timeout,
        llm_prompts: scope.llm_prompt,
        baseline: None,
    }
}

/// One request in a thousand seconds is the slowest pace.
const LOWEST_RATE: f64 = 0.001;

/// Why a text is not a number that an option takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum NumberRefused {
    #[error("`{0}` is no number")]
    NoNumber(String),
    #[error("`{0}` is not greater than zero")]
    NotPositive(String),
    #[error("`{0}` is less than {lowest} a second", lowest = LOWEST_RATE)]
    TooSlow(String),
}

fn parse_rate(text: &str) -> Result<f64, NumberRefused> {
    let number = parse_positive(text)?;
    if number >= LOWEST_RATE { Ok(number) } else { Err(NumberRefused::TooSlow(text.to_owned())) }
}

fn operation_pattern(text: &str) -> Result<String, PatternRefused> {
    check_pattern(text).map(|()| text.trim().to_owned())
}

fn parse_positive(text: &str) -> Result<f64, NumberRefused> {
    let number: f64 = text.parse().map_err(|_| NumberRefused::NoNumber(text.to_owned()))?;
    // `inf` and `NaN` parse as numbers, and a duration of `NaN` panics.
    if number.is_finite() && number > 0.0 { Ok(number) } else { Err(NumberRefused::NotPositive(text.to_owned())) }
}
