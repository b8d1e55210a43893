//! `--format` and `-o`: which reports are written, and where. The pairs are told by their order on the command line,
//! which the derived parser does not keep; hence the hand-written one.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::EnumValueParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum, ValueHint, value_parser};
use thiserror::Error;

use crate::app::Syntax;
use crate::report::Report;

use super::cx::CommandCx;
use super::exit::Unwritten;
use super::files;
use super::render;

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatOption {
    /// For people at a terminal
    Text,
    /// The whole report, for programs; its schema is stable
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// JUnit XML, for build servers
    Junit,
    /// One self-contained page
    Html,
    /// For pull requests and issues
    Markdown,
}

impl FormatOption {
    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Html => "html",
            Self::Markdown => "markdown",
        }
    }

    fn of_file(path: &Path) -> Option<Self> {
        match path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase().as_str() {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            "html" | "htm" => Some(Self::Html),
            "md" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// Where reports go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    /// The format on stdout, if any.
    pub stdout: Option<FormatOption>,
    /// Files with their formats, in the order of the command line.
    pub files: Vec<(FormatOption, PathBuf)>,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { stdout: Some(FormatOption::Text), files: Vec::new() }
    }
}

#[derive(Debug, Clone)]
enum GivenOutput {
    Format(FormatOption),
    File(PathBuf),
}

impl Outputs {
    /// Looks whether every file can be written, before a scan is spent on it.
    ///
    /// # Errors
    /// The first file that cannot.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.files.iter().try_for_each(|(_, path)| files::check_writable(path))
    }

    /// Writes a report to all of them: files first, as stdout may be closed early.
    ///
    /// # Errors
    /// [`Unwritten`] when one of them cannot be written whole.
    pub(super) fn emit(&self, cx: &CommandCx, report: &Report) -> anyhow::Result<()> {
        let pages = cx.app.checks();
        for (format, path) in &self.files {
            let shape = render::PageShape { color: false, width: 100, verbose: cx.verbose };
            cx.write_with(path, (*format).into(), |out| render::write_report(*format, report, &pages, shape, out))
                .context(Unwritten)?;
            cx.remark(format!("wrote {} ({})", path.display(), format.as_str()));
        }

        let Some(format) = self.stdout else { return Ok(()) };
        let shape = render::PageShape { color: cx.colors(), width: cx.width(), verbose: cx.verbose };
        cx.print_with(format.into(), |out| render::write_report(format, report, &pages, shape, out)).context(Unwritten)
    }

    /// Pairs formats and files. A file belongs to the format before it; one that has none takes the format behind it,
    /// or else the one that its name says.
    fn pair(given: &[GivenOutput]) -> Result<Self, OutputsRefused> {
        let mut outputs = Self { stdout: None, files: Vec::new() };
        let mut rest = given;

        loop {
            rest = match rest {
                [] => break,
                [GivenOutput::Format(format), GivenOutput::File(path), rest @ ..] => {
                    outputs.add(*format, path)?;
                    rest
                }
                [GivenOutput::Format(format), rest @ ..] => {
                    outputs.add_stdout(*format)?;
                    rest
                }
                // A format between two files belongs to the later one, as formats stand before their files.
                [GivenOutput::File(path), GivenOutput::Format(format), rest @ ..]
                    if !matches!(rest, [GivenOutput::File(_), ..]) =>
                {
                    outputs.add(*format, path)?;
                    rest
                }
                [GivenOutput::File(path), rest @ ..] => {
                    let format = FormatOption::of_file(path).ok_or_else(|| OutputsRefused::NoFormat(path.clone()))?;
                    outputs.add(format, path)?;
                    rest
                }
            };
        }

        Ok(if given.is_empty() { Self::default() } else { outputs })
    }

    fn add(&mut self, format: FormatOption, path: &Path) -> Result<(), OutputsRefused> {
        if path == Path::new("-") {
            return self.add_stdout(format);
        }
        // The second report would replace the first, and both would be announced as written.
        if self.files.iter().any(|(_, other)| other == path) {
            return Err(OutputsRefused::WrittenTwice(path.to_path_buf()));
        }
        self.files.push((format, path.to_path_buf()));
        Ok(())
    }

    fn add_stdout(&mut self, format: FormatOption) -> Result<(), OutputsRefused> {
        match self.stdout.replace(format) {
            Some(other) => Err(OutputsRefused::BothToStdout { first: other.as_str(), second: format.as_str() }),
            None => Ok(()),
        }
    }
}

/// Why formats and files do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum OutputsRefused {
    #[error("the name of `{}` does not tell a format; put --format before -o", .0.display())]
    NoFormat(PathBuf),
    #[error("`{}` would be written twice", .0.display())]
    WrittenTwice(PathBuf),
    #[error(
        "--format {first} and --format {second} would both go to standard output; give one of them a file: --format {second} -o FILE"
    )]
    BothToStdout { first: &'static str, second: &'static str },
}

impl FromArgMatches for Outputs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let formats =
            matches.get_many::<FormatOption>("format").unwrap_or_default().map(|format| GivenOutput::Format(*format));
        let files =
            matches.get_many::<PathBuf>("output").unwrap_or_default().map(|path| GivenOutput::File(path.clone()));
        let places = |id| matches.indices_of(id).unwrap_or_default();
        let mut given: Vec<(usize, GivenOutput)> =
            places("format").zip(formats).chain(places("output").zip(files)).collect();

        // The parser keeps each option's values apart; only their places say which format goes with which file.
        given.sort_by_key(|(place, _)| *place);
        let given: Vec<GivenOutput> = given.into_iter().map(|(_, given)| given).collect();

        Self::pair(&given).map_err(|message| clap::Error::raw(ErrorKind::ArgumentConflict, message))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Outputs {
    fn augment_args(command: Command) -> Command {
        let format = Arg::new("format")
            .long("format")
            .value_name("FORMAT")
            .help("Format of the report (repeatable, each with its own -o) [default: text]")
            .value_parser(EnumValueParser::<FormatOption>::new());
        let output = Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FILE")
            .help("Write the report in the format before it to this file instead of standard output")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf));
        let heading = "Output";
        command
            .arg(format.action(ArgAction::Append).help_heading(heading))
            .arg(output.action(ArgAction::Append).help_heading(heading))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The format of an answer that is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum AnswerFormat {
    /// For people at a terminal
    #[default]
    Text,
    /// For programs
    Json,
}

/// The format of an answer that is no report, as an option.
#[derive(Debug, Clone, Copy, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct AnswerOptions {
    /// Format of the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub format: AnswerFormat,
}

impl AnswerOptions {
    /// Prints an answer: as JSON, or as the text that `text` makes of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn print<T: serde::Serialize>(
        self,
        cx: &CommandCx,
        answer: &T,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        match self.format {
            AnswerFormat::Text => cx.print(text(answer)),
            AnswerFormat::Json => cx.print_with(Syntax::Json, |out| {
                serde_json::to_writer_pretty(&mut *out, answer)?;
                out.write_all(b"\n")
            }),
        }
    }
}
