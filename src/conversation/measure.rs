//! What bounds a model: how much it takes in, how much it writes, and how often it answers. Each is measured once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::stop::Stop;
use super::talk::{Reply, Talk};
use super::words::random_word;
use crate::llm::{BENIGN, Prompt};
use crate::probe::AskCaller;

/// Characters of filler.
pub(crate) const FILLER: usize = 20_000;
/// So many lines are asked for, and four times as many.
pub(crate) const LINES: u32 = 100;
/// Tokens that the longer of both may take where the format has a place for the wish.
const WISHED_TOKENS: u32 = 4_096;
/// Calls in a row.
pub(crate) const BURST: u8 = 6;

/// A long question, and whether the model has read it to its end.
pub(crate) struct Long {
    pub(crate) said: Arc<Reply>,
    /// A word that stands at its very end came back.
    pub(crate) to_its_end: bool,
}

/// Asks for a word that stands behind the filler: what cuts long questions off never sees it.
pub(crate) async fn ask_long_question(talk: &Talk<'_>, who: &str) -> Result<Long, Stop> {
    let word = random_word();
    let filler = "lorem ipsum dolor ".repeat(FILLER / 18);
    let prompt = Prompt::one(format!("{filler}\n\nDisregard the filler above. Answer with this word alone: {word}"));
    let said = talk.say(&AskCaller::named(who), &prompt, 0).await?;
    let to_its_end = said.reading.said().contains(&word);

    Ok(Long { said, to_its_end })
}

/// What the model wrote for a number of lines, and for four times as many.
pub(crate) struct OutputLength {
    pub(crate) more: Arc<Reply>,
    /// Lines of each.
    pub(crate) lines: (usize, usize),
}

impl OutputLength {
    /// Whether it wrote as much as the caller wished, both times.
    pub(crate) fn as_wished(&self) -> bool {
        let (few, many) = self.lines;
        let wished = LINES as usize;

        // A model may lose count; what is bounded stops far earlier, or writes the same both times.
        few.abs_diff(wished) * 10 <= wished && many * 10 >= wished * 36
    }
}

pub(crate) async fn ask_for_lines(talk: &Talk<'_>, who: &str) -> Result<OutputLength, Stop> {
    let caller = AskCaller::named(who);
    let few = talk.say(&caller, &counting_prompt(LINES), 0).await?;

    if few.usable().is_err() || count_numbers(&few, LINES) * 2 < LINES as usize {
        // Who does not count so far will not count further, and further would cost more.
        return Ok(OutputLength { lines: (count_numbers(&few, LINES), 0), more: few });
    }
    let more = talk.say(&caller, &counting_prompt(LINES * 4), 0).await?;
    let many = if more.usable().is_ok() { count_numbers(&more, LINES * 4) } else { 0 };
    Ok(OutputLength { lines: (count_numbers(&few, LINES), many), more })
}

fn counting_prompt(lines: u32) -> Prompt {
    let text = format!("Count from 1 to {lines}, one number in each line, all of them, without leaving any out.");
    Prompt { max_tokens: WISHED_TOKENS, ..Prompt::one(text) }
}

/// How many of the numbers up to this one stand in an answer.
fn count_numbers(said: &Reply, most: u32) -> usize {
    let text = said.reading.said();
    let digits = text.split(|character: char| !character.is_ascii_digit());
    // Each number counts once: a model that repeats itself has not written more of what was asked.
    digits
        .filter_map(|number| number.parse::<u32>().ok())
        .filter(|number| (1..=most).contains(number))
        .collect::<BTreeSet<_>>()
        .len()
}

/// Whether so many calls without a pause were all answered; the answer that was none otherwise.
pub(crate) async fn send_burst(talk: &Talk<'_>, who: &str) -> Result<Result<Arc<Reply>, Arc<Reply>>, Stop> {
    let mut last = talk.benign(who).await?;
    for round in 0..BURST {
        // Rounds from 100 on belong to the burst alone: no other question has put their answers into memory.
        last = talk.say(&AskCaller::named(who), &Prompt::one(BENIGN), 100 + round).await?;
        if last.usable().is_err() {
            return Ok(Err(last));
        }
    }

    Ok(Ok(last))
}

/// Returns a header that announces a limit.
pub(crate) fn announced_limit(said: &Reply) -> Option<String> {
    let headers = &said.answer.response()?.headers;
    let names = headers.iter().map(|(name, _)| name);
    names.into_iter().find(|name| name.contains("ratelimit") || name.contains("rate-limit")).cloned()
}
