//! The JSON report, its reader and its schema.

use routewarden::report::{self, ReportError, json};

use super::support::{hostile_report, planned_report, sample_report, untrusted_report};

#[test]
fn a_report_survives_being_written_and_read() {
    for report in [sample_report(), planned_report(), untrusted_report(), hostile_report()] {
        assert_eq!(report::read_report(&json::render(&report)), Ok(report));
    }
}

#[test]
fn a_newer_report_is_refused_even_when_its_shape_is_unknown() {
    assert_eq!(report::read_report(r#"{"schema_version": 3, "entirely": "different"}"#), Err(ReportError::Newer(3)));
}

#[test]
fn unknown_fields_are_ignored() {
    let mut value = serde_json::to_value(sample_report()).unwrap();
    value["of_a_later_version"] = serde_json::json!({"x": 1});
    assert_eq!(report::read_report(&value.to_string()), Ok(sample_report()));
}

#[test]
fn a_text_that_is_no_report_is_refused_with_help() {
    let error = report::read_report("{}").unwrap_err().to_string();
    assert!(error.contains("schema_version") && error.contains("--format json"), "{error}");
}

#[test]
fn the_committed_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/report.schema.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, json::report_schema()).unwrap();
        return;
    }
    assert_eq!(committed, json::report_schema(), "run this test with UPDATE_SCHEMA=1 and commit the file");
}

#[test]
fn reports_follow_the_committed_schema() {
    let schema = serde_json::from_str(&json::report_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [sample_report(), planned_report(), untrusted_report(), hostile_report()] {
        let errors: Vec<String> =
            validator.iter_errors(&serde_json::to_value(report).unwrap()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"schema_version": 1})));
}
