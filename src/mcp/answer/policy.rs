//! What every answer about access says of policy and of open questions.

use super::fit::{cut_block, cut_line};
use crate::mcp::wire::{PolicyLine, QuestionLine};
use crate::report::{PolicyRow, Question};

/// Most grounds and routes of one policy.
const MAX_EACH: usize = 3;
/// Longest lines of configuration that answer one question.
const MAX_ANSWER: usize = 400;

/// Returns the policies that fit, those that a route breaks first.
pub(super) fn policy_lines<'a>(rows: impl Iterator<Item = &'a PolicyRow>, most: usize, max: usize) -> Vec<PolicyLine> {
    let mut ordered: Vec<&PolicyRow> = rows.collect();
    // A stable sort: among the broken and among the kept ones, the report's order stays.
    ordered.sort_by_key(|row| row.broken_by.is_empty());
    let some = |texts: &[String]| texts.iter().take(MAX_EACH).map(|text| cut_line(text, max)).collect();
    ordered
        .into_iter()
        .take(most)
        .map(|row| PolicyLine {
            resource: cut_line(&row.about(), 120),
            policy: cut_line(&row.policy, 40),
            rests_on: some(&row.rests_on),
            broken_by: some(&row.broken_by),
        })
        .collect()
}

/// Returns the questions that fit.
pub(super) fn question_lines(questions: &[Question], most: usize, max: usize) -> Vec<QuestionLine> {
    questions
        .iter()
        .take(most)
        .map(|question| QuestionLine {
            about: cut_line(&question.about, max),
            question: cut_line(&question.question, max * 2),
            answer_with: cut_block(&question.answer_with, MAX_ANSWER).0,
        })
        .collect()
}
