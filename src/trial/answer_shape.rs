//! What several answers about people have in common, to tell answers of two kinds apart.

use std::collections::BTreeMap;

use crate::act::Persona;
use crate::model::clean_text;
use crate::probe::{Answer, Response};
use crate::survey::{leaves_of, looks_volatile};

/// What several answers have in common: names masked, and what differs between them marked as varying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AnswerShape {
    status: u16,
    leaves: BTreeMap<String, Option<String>>,
}

impl AnswerShape {
    /// The shape of answers about these people; `None` when they do not agree in status and fields.
    pub(super) fn of(answers: &[&Answer], people: &[&Persona]) -> Option<Self> {
        let mut shapes = answers.iter().map(|answer| answer.response().map(|response| Self::one(response, people)));
        let mut common = shapes.next()??;

        for shape in shapes {
            let shape = shape?;
            if shape.status != common.status || !shape.leaves.keys().eq(common.leaves.keys()) {
                return None;
            }
            for (at, text) in &mut common.leaves {
                if shape.leaves.get(at) != Some(text) {
                    *text = None;
                }
            }
        }

        Some(common)
    }

    fn one(response: &Response, people: &[&Persona]) -> Self {
        // An answer may repeat the name that was asked about, which differs in any case.
        let mask = |text: String| {
            people.iter().fold(text, |text, who| text.replace(&who.email, "(name)").replace(&who.username, "(name)"))
        };
        let leaves = leaves_of(response)
            .into_iter()
            .map(|leaf| {
                let text = mask(leaf.text);
                // Times and request ids differ between any two answers.
                (leaf.at, (!looks_volatile(&text)).then_some(text))
            })
            .collect();
        Self { status: response.status, leaves }
    }

    /// The first thing in which two shapes differ, in words: this one's first.
    pub(super) fn differs_from(&self, other: &Self) -> Option<String> {
        if self.status != other.status {
            return Some(format!("status {} against {}", self.status, other.status));
        }
        for (at, text) in &self.leaves {
            match (text, other.leaves.get(at)) {
                (Some(text), Some(Some(other))) if text != other => {
                    return Some(format!(
                        "`{}` is `{}` against `{}`",
                        clean_text(at, 60),
                        clean_text(text, 80),
                        clean_text(other, 80)
                    ));
                }
                (_, None) => return Some(format!("`{}` is there for one alone", clean_text(at, 60))),
                _ => {}
            }
        }

        let more = other.leaves.keys().find(|at| !self.leaves.contains_key(*at))?;
        Some(format!("`{}` is there for one alone", clean_text(more, 60)))
    }

    /// The places that vary.
    pub(super) fn varying(&self) -> impl Iterator<Item = &str> {
        self.leaves.iter().filter(|(_, text)| text.is_none()).map(|(at, _)| at.as_str())
    }

    /// Whether some field varies whose name counts or delays: attempts that are left, seconds to wait.
    pub(super) fn counts(&self) -> Option<&str> {
        const SIGNS: &[&str] = &["attempt", "remain", "left", "tries", "lock", "retry", "wait", "delay", "fail"];
        self.varying().find(|at| {
            let name = at.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            SIGNS.iter().any(|sign| name.contains(sign))
        })
    }
}
