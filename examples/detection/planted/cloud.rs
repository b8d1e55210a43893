//! Clouds: AWS, Google, Azure, Alibaba, Yandex, Snowflake. Source: their reference of credentials.

use serde_json::json;

use crate::kit::der::{self, OID_RSA, pem};
use crate::kit::draw::{BASE32, BASE64, DIGITS, Draw, LOWER_DIGITS};
use crate::kit::forms::{ANY, Form, NAMED};
use crate::kit::kind::{Kind, kind, marked};

const WHOLE_JSON: &[Form] = &[Form::Whole, Form::Told, Form::Object, Form::JsonInString];

pub fn kinds() -> Vec<Kind> {
    let mut kinds = aws();
    kinds.extend(google());
    kinds.extend(azure());
    kinds.push(kind("alibaba-access-key", "Alibaba Cloud access key", &["accessKeyId", "access_key"], ANY, |d| {
        format!("LTAI5t{}", d.alnum(18))
    }));
    kinds.push(kind("ibm-cloud-key", "IBM Cloud API key", &["ibmcloud_api_key", "ibm_api_key"], NAMED, |d| {
        d.url_safe(44)
    }));
    kinds
}

fn aws() -> Vec<Kind> {
    vec![
        kind("aws-access-key-id", "AWS access key", &["aws_access_key_id", "accessKeyId", "access_key"], ANY, |d| {
            format!("AKIA{}", d.of(BASE32, 16))
        }),
        kind("aws-session-key-id", "AWS session access key", &["AccessKeyId", "aws_access_key_id"], ANY, |d| {
            format!("ASIA{}", d.of(BASE32, 16))
        }),
        kind(
            "aws-secret-access-key",
            "AWS secret access key",
            &["aws_secret_access_key", "SecretAccessKey", "secretAccessKey", "AWS_SECRET_KEY"],
            NAMED,
            |d| d.of(BASE64, 40),
        ),
        kind("aws-session-token", "AWS session token", &["SessionToken", "aws_session_token"], NAMED, |d| {
            format!("IQoJb3JpZ2luX2Vj{}", d.base64(330))
        }),
        kind("aws-bedrock-key", "Amazon Bedrock API key", &["api_key", "bedrock_key"], ANY, |d| {
            format!("ABSK{}", d.of(BASE64, 124))
        }),
    ]
}

fn google() -> Vec<Kind> {
    vec![
        kind("google-api-key", "Google API key", &["key", "api_key", "google_api_key", "apiKey"], ANY, |d| {
            format!("AIza{}", d.url_safe(35))
        }),
        kind("google-oauth-secret", "Google OAuth client secret", &["client_secret", "secret"], ANY, |d| {
            format!("GOCSPX-{}", d.url_safe(28))
        }),
        kind("google-access-token", "Google access token", &["access_token", "token"], ANY, |d| {
            format!("ya29.a0{}", d.url_safe(190))
        }),
        kind("google-service-account", "service account file", &["service_account", "credentials"], WHOLE_JSON, |d| {
            service_account(d)
        }),
    ]
}

fn service_account(draw: &mut Draw) -> String {
    let inner = der::rsa_private(draw, 256);
    let key = pem("PRIVATE KEY", &der::pkcs8(OID_RSA, der::tagged(0x05, &[]), &inner)) + "\n";
    let project = format!("{}-{}", draw.word(), draw.digits(6));
    let mail = format!("{}@{project}.iam.gserviceaccount.com", draw.word());
    let file = json!({
        "type": "service_account",
        "project_id": project,
        "private_key_id": draw.hex(40),
        "private_key": marked(&key),
        "client_email": mail,
        "client_id": draw.digits(21),
        "token_uri": "https://oauth2.googleapis.com/token",
    });
    serde_json::to_string_pretty(&file).unwrap_or_default()
}

fn azure() -> Vec<Kind> {
    vec![
        kind(
            "azure-storage-connection",
            "storage connection string",
            &["connectionString", "AzureWebJobsStorage", "storage_connection"],
            ANY,
            |d| {
                let key = d.base64(64);
                let account = d.of(LOWER_DIGITS, 14);
                let end = "EndpointSuffix=core.windows.net";
                format!("DefaultEndpointsProtocol=https;AccountName={account};AccountKey={};{end}", marked(&key))
            },
        ),
        kind("azure-service-bus", "Service Bus connection string", &["connectionString", "service_bus"], ANY, |d| {
            let key = d.base64(32);
            let space = d.word();
            format!(
                "Endpoint=sb://{space}.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;\
                 SharedAccessKey={}",
                marked(&key)
            )
        }),
        kind("azure-sas", "download link", &["url", "sas_url", "download_url"], ANY, |d| {
            let signature = d.base64(32).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            format!(
                "https://{}{}.blob.core.windows.net/exports/{}.csv?sv=2024-11-04&ss=b&srt=o&sp=rl&se=2027-01-01T00:00:00Z\
                 &spr=https&sig={}",
                d.word(),
                d.of(DIGITS, 3),
                d.word(),
                marked(&signature)
            )
        }),
        kind(
            "azure-client-secret",
            "Entra application secret",
            &["client_secret", "azure_secret", "secret"],
            ANY,
            |d| {
                format!(
                    "{}8Q~{}",
                    d.alnum(3),
                    d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~", 34)
                )
            },
        ),
        kind(
            "azure-devops",
            "Azure DevOps token",
            &["azure_devops_token", "pat", "personal_access_token"],
            NAMED,
            |d| format!("{}JQQJ99{}AAAAAAA{}AZDO{}", d.alnum(52), d.of("ABC", 1), d.alnum(10), d.alnum(4)),
        ),
    ]
}
