//! The values of a read that a caller chooses, and the request with another one.

use serde_json::Value;

use crate::checks::context::{CheckCx, PlanCx};
use crate::checks::meta::Need;
use crate::llm::recognise_operation;
use crate::model::{Api, JsonType, Operation, Parameter, Place};
use crate::probe::{Ask, operation_url};
use crate::spec::Samples;
use crate::survey::{Baseline, Surveyed, leaves_of, scalar_text, split_words};

/// Most inputs of one operation that one check tries.
pub(crate) const MOST_INPUTS: usize = 2;

/// A value of a request that a caller chooses.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) place: Place,
    pub(crate) name: String,
    /// What is rightly sent.
    pub(crate) value: String,
    /// The valid request has it.
    pub(crate) is_in_baseline: bool,
}

impl Input {
    /// `query:name`, as findings name sites.
    pub(crate) fn site(&self) -> String {
        let place = if self.place == Place::Path { "path" } else { "query" };
        format!("{place}:{}", self.name)
    }

    /// Returns the valid request with another value here; none where the address cannot have it.
    pub(crate) fn ask(&self, cx: &CheckCx<'_>, surveyed: &Surveyed, baseline: &Baseline, value: &str) -> Option<Ask> {
        let mut values = baseline.values.clone();
        values.insert((self.place, self.name.clone()), Value::String(value.to_owned()));
        let url = operation_url(cx.probe.base_url(), &surveyed.operation, &values).ok()?;
        Some(Ask { url, ..baseline.ask() })
    }
}

/// Returns the cost of trying the inputs of a read that fit, at so many requests each.
pub(crate) fn plan_inputs(
    cx: &PlanCx<'_>,
    operation: &Operation,
    each: u32,
    fits: impl Fn(&Parameter) -> bool,
) -> Need {
    let all = operation.parameters.iter().filter(|parameter| is_free(cx.api, parameter) && fits(parameter));
    // A model is no interpreter: it is asked by checks of its own, within a budget of its own.
    let is_model = recognise_operation(cx.api, operation, cx.llm).is_some();
    match u32::try_from(all.take(MOST_INPUTS).count()) {
        Ok(count) if count > 0 && PlanCx::is_read(operation) && !is_model => Need::Requests(count * each),
        _ => Need::NotApplicable,
    }
}

/// Returns the inputs of a read that fit, those of the path first.
pub(crate) fn inputs_of(
    cx: &CheckCx<'_>,
    surveyed: &Surveyed,
    baseline: &Baseline,
    fits: impl Fn(&Parameter) -> bool,
) -> Vec<Input> {
    let api = &cx.survey.api;
    let all = surveyed.operation.parameters.iter().filter(|parameter| is_free(api, parameter) && fits(parameter));
    let mut found: Vec<Input> = all
        .map(|parameter| {
            let known = baseline.values.get(&(parameter.place, parameter.name.clone())).and_then(scalar_text);
            let is_in_baseline = known.is_some();
            let value = known.unwrap_or_else(|| likely_value(api, parameter, baseline));
            Input { place: parameter.place, name: parameter.name.clone(), value, is_in_baseline }
        })
        .filter(|input| !input.value.is_empty())
        .collect();
    found.sort_by_key(|input| input.place);
    found.truncate(MOST_INPUTS);
    found
}

/// Words of parameters that turn pages or sort.
const PAGING_WORDS: &str = "page limit offset size cursor count sort order lang";
/// Words of parameters that search.
const SEARCH_WORDS: &str = "q query search term text keyword filter name title";

/// Returns true for a parameter that has one of these words in its name.
pub(crate) fn is_named(parameter: &Parameter, words: &str) -> bool {
    let own = split_words(&parameter.name);
    own.iter().any(|word| words.split_whitespace().any(|known| known == word))
}

/// Returns true for a single text or number that is no choice among fixed values and turns no pages.
fn is_free(api: &Api, parameter: &Parameter) -> bool {
    let schema = parameter.schema.and_then(|id| api.schemas.get(id));
    let is_scalar = schema.is_none_or(|schema| {
        let of_type = |wanted: JsonType| schema.types.contains(&wanted);
        schema.enumeration.is_empty()
            && !of_type(JsonType::Boolean)
            && !of_type(JsonType::Array)
            && !of_type(JsonType::Object)
            && !schema.format.as_deref().is_some_and(|format| format.starts_with("date") || format == "time")
    });
    let turns_pages = is_named(parameter, PAGING_WORDS);
    matches!(parameter.place, Place::Path | Place::Query) && is_scalar && !turns_pages
}

/// Returns a value with which a filter most likely finds something: one that the plain answer has under this name, or a
/// word of it.
fn likely_value(api: &Api, parameter: &Parameter, baseline: &Baseline) -> String {
    let leaves = baseline.first.response().map(leaves_of).unwrap_or_default();
    let named = leaves.iter().find(|leaf| leaf.key.eq_ignore_ascii_case(&parameter.name) && !leaf.word);
    let searches = is_named(parameter, SEARCH_WORDS);
    let word = || {
        let texts = leaves.iter().filter(|leaf| searches && !leaf.number && !leaf.word);
        let mut words = texts.flat_map(|leaf| leaf.text.split_whitespace());
        words.find(|word| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
    };
    match named.map(|leaf| leaf.text.as_str()).or_else(word) {
        Some(text) => text.to_owned(),
        None => scalar_text(&Samples::new(api, 1).parameter(parameter)).unwrap_or_default(),
    }
}
