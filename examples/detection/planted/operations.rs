//! Monitoring, incidents, identity and infrastructure. Source: the vendors' documentation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::kit::codes::crc32;
use crate::kit::draw::{Draw, HEX, LOWER_DIGITS, UPPER_DIGITS};
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["token", "api_key", "auth_token", "access_token", "value"];

pub fn kinds() -> Vec<Kind> {
    let mut kinds = monitoring();
    kinds.extend(infrastructure());
    kinds
}

fn monitoring() -> Vec<Kind> {
    vec![
        kind("datadog-api", "Datadog API key", &["datadog_api_key", "DD_API_KEY", "dd-api-key"], NAMED, |d| d.hex(32)),
        kind("datadog-application", "Datadog application key", &["datadog_app_key", "DD_APP_KEY"], NAMED, |d| {
            d.hex(40)
        }),
        kind("new-relic-user", "New Relic user key", NAMES, ANY, |d| format!("NRAK-{}", d.of(UPPER_DIGITS, 27))),
        kind("new-relic-insert", "New Relic insert key", NAMES, ANY, |d| format!("NRII-{}", d.url_safe(32))),
        kind("new-relic-licence", "New Relic licence key", &["license_key", "NEW_RELIC_LICENSE_KEY"], ANY, |d| {
            format!("{}FFFF{}NRAL", d.of(HEX, 26), d.of(HEX, 6))
        }),
        kind("grafana-service-account", "Grafana service account token", NAMES, ANY, |d| {
            let body = format!("glsa_{}", d.alnum(32));
            let sum = crc32(body.as_bytes());
            format!("{body}_{sum:08x}")
        }),
        kind("grafana-cloud", "Grafana Cloud policy token", NAMES, ANY, |d| {
            let text = json!({"o": d.digits(6), "n": d.word(), "k": d.alnum(24), "m": {"r": "eu"}}).to_string();
            format!("glc_{}", STANDARD.encode(text))
        }),
        kind("sentry-organisation", "Sentry organisation token", NAMES, ANY, sentry),
        kind("sentry-user", "Sentry user token", NAMES, ANY, |d| format!("sntryu_{}", d.hex(64))),
        kind("pagerduty", "PagerDuty API key", &["pagerduty_api_key", "PAGERDUTY_TOKEN"], NAMED, |d| {
            format!("u+{}", d.url_safe(18))
        }),
        kind("launchdarkly-api", "LaunchDarkly API token", NAMES, ANY, |d| format!("api-{}", d.uuid('4'))),
        kind("launchdarkly-sdk", "LaunchDarkly SDK key", &["sdk_key", "launchdarkly_sdk_key"], ANY, |d| {
            format!("sdk-{}", d.uuid('4'))
        }),
        kind("dynatrace", "Dynatrace token", NAMES, ANY, |d| {
            format!("dt0c01.{}.{}", d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 24), d.of(UPPER_DIGITS, 64))
        }),
        kind("honeycomb", "Honeycomb ingest key", NAMES, ANY, |d| format!("hcaik_01{}", d.of(LOWER_DIGITS, 56))),
        kind("rollbar", "Rollbar server token", &["rollbar_access_token", "post_server_item"], NAMED, |d| d.hex(32)),
    ]
}

/// What sentry.io issues to an organisation: claims in base64 and 43 characters of secret.
fn sentry(draw: &mut Draw) -> String {
    let claims = json!({
        "iat": draw.between(1_700_000_000, 1_780_000_000),
        "url": "https://sentry.io",
        "region_url": "https://us.sentry.io",
        "org": draw.word(),
    });
    let secret: String = draw.base64(32).trim_end_matches('=').to_owned();
    format!("sntrys_{}_{secret}", STANDARD.encode(claims.to_string()))
}

fn infrastructure() -> Vec<Kind> {
    vec![
        kind("okta", "Okta API token", &["okta_api_token", "OKTA_TOKEN", "okta_token"], NAMED, |d| {
            format!("00{}", d.url_safe(40))
        }),
        kind("auth0-client-secret", "Auth0 client secret", &["auth0_client_secret", "client_secret"], NAMED, |d| {
            d.url_safe(64)
        }),
        kind("vault-service", "Vault token", &["vault_token", "client_token", "token"], ANY, |d| {
            format!("hvs.{}", d.base64url(68))
        }),
        kind("vault-batch", "Vault batch token", &["vault_token", "token"], ANY, |d| {
            format!("hvb.AAAAAQ{}", d.base64url(110))
        }),
        kind("vault-legacy", "Vault token", &["vault_token", "VAULT_TOKEN"], NAMED, |d| format!("s.{}", d.alnum(24))),
        kind("terraform-cloud", "Terraform Cloud token", NAMES, ANY, |d| {
            format!("{}.atlasv1.{}", d.alnum(14), d.url_safe(67))
        }),
        kind("pulumi", "Pulumi access token", NAMES, ANY, |d| format!("pul-{}", d.hex(40))),
        kind("doppler-personal", "Doppler token", NAMES, ANY, |d| format!("dp.pt.{}", d.alnum(43))),
        kind("doppler-service", "Doppler service token", NAMES, ANY, |d| {
            format!("dp.st.{}.{}", d.pick(&["dev", "prd", "stg"]), d.alnum(43))
        }),
        kind("infisical", "Infisical service token", NAMES, ANY, |d| {
            format!("st.{}.{}.{}", d.hex(24), d.hex(32), d.hex(32))
        }),
        kind("onepassword-service", "1Password service account token", NAMES, ANY, |d| {
            let text = json!({"signInAddress": "my.1password.com", "userAuth": {"method": "SRPg-4096"},
                "secretKey": format!("A3-{}", d.of(UPPER_DIGITS, 30)), "srpX": d.hex(64)});
            format!("ops_{}", STANDARD.encode(text.to_string()))
        }),
        kind("circleci", "CircleCI token", NAMES, ANY, |d| format!("CCIPAT_{}_{}", d.alnum(22), d.hex(40))),
        kind("buildkite", "Buildkite token", NAMES, ANY, |d| format!("bkua_{}", d.hex(40))),
        kind("sonarqube", "SonarQube token", NAMES, ANY, |d| format!("squ_{}", d.hex(40))),
    ]
}
