//! Databases and data platforms. Source: the vendors' documentation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::kit::draw::LOWER_DIGITS;
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["token", "api_key", "access_token", "password", "value"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("databricks", "Databricks token", NAMES, ANY, |d| {
            let tail = d.pick(&["", "-2", "-3"]);
            format!("dapi{}{tail}", d.hex(32))
        }),
        kind("snowflake-password", "Snowflake password", &["snowflake_password", "SNOWFLAKE_PASSWORD"], NAMED, |d| {
            d.password()
        }),
        kind("planetscale-password", "PlanetScale password", NAMES, ANY, |d| format!("pscale_pw_{}", d.url_safe(43))),
        kind("planetscale-token", "PlanetScale service token", NAMES, ANY, |d| {
            format!("pscale_tkn_{}", d.url_safe(43))
        }),
        kind("neon", "Neon API key", NAMES, ANY, |d| format!("napi_{}", d.of(LOWER_DIGITS, 64))),
        kind("clickhouse-cloud", "ClickHouse Cloud key", NAMES, ANY, |d| format!("4b1d{}", d.alnum(38))),
        kind("elastic-api-key", "Elasticsearch API key", &["elastic_api_key", "es_api_key", "encoded"], NAMED, |d| {
            STANDARD.encode(format!("{}:{}", d.url_safe(20), d.url_safe(22)))
        }),
        kind("confluent-secret", "Confluent secret", &["confluent_api_secret", "sasl_password"], NAMED, |d| {
            d.base64(48)
        }),
        kind("influxdb", "InfluxDB token", &["influx_token", "INFLUXDB_TOKEN"], NAMED, |d| d.base64(64)),
        kind("aiven", "Aiven service password", NAMES, ANY, |d| format!("AVNS_{}", d.url_safe(19))),
        kind("prefect", "Prefect API key", NAMES, ANY, |d| format!("pnu_{}", d.alnum(36))),
        kind("dbt-cloud", "dbt Cloud token", NAMES, ANY, |d| format!("dbtc_{}", d.url_safe(43))),
    ]
}
