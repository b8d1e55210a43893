//! Chat, mail and telephony. Source: the vendors' documentation of tokens and webhooks.

use crate::kit::codes::base64url;
use crate::kit::draw::{ALNUM, Draw, HEX, LOWER_DIGITS, UPPER_DIGITS};
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind, marked};

const NAMES: &[&str] = &["token", "bot_token", "api_key", "credential", "value"];
const HOOKS: &[&str] = &["webhook", "webhook_url", "url", "notify_url"];

pub fn kinds() -> Vec<Kind> {
    let mut kinds = chat();
    kinds.extend(mail());
    kinds
}

fn chat() -> Vec<Kind> {
    vec![
        kind("slack-bot", "Slack bot token", NAMES, ANY, |d| {
            format!("xoxb-{}-{}-{}", d.digits(12), d.digits(13), d.alnum(24))
        }),
        kind("slack-user", "Slack user token", NAMES, ANY, |d| {
            format!("xoxp-{}-{}-{}-{}", d.digits(12), d.digits(12), d.digits(13), d.hex(32))
        }),
        kind("slack-app", "Slack app-level token", NAMES, ANY, |d| {
            format!("xapp-1-A{}-{}-{}", d.of(UPPER_DIGITS, 10), d.digits(13), d.of(HEX, 64))
        }),
        kind("slack-config-refresh", "Slack configuration token", NAMES, ANY, |d| format!("xoxe-1-{}", d.alnum(146))),
        kind("slack-webhook", "Slack webhook", HOOKS, ANY, |d| {
            let path = format!("T{}/B{}/{}", d.of(UPPER_DIGITS, 10), d.of(UPPER_DIGITS, 10), d.alnum(24));
            format!("https://hooks.slack.com/services/{}", marked(&path))
        }),
        kind("discord-bot", "Discord bot token", NAMES, ANY, discord),
        kind("discord-webhook", "Discord webhook", HOOKS, ANY, |d| {
            let path = format!("{}/{}", d.digits(19), d.url_safe(68));
            format!("https://discord.com/api/webhooks/{}", marked(&path))
        }),
        kind("teams-webhook", "Teams webhook", HOOKS, ANY, |d| {
            let path = format!("{}@{}/IncomingWebhook/{}/{}", d.uuid('4'), d.uuid('4'), d.hex(32), d.uuid('4'));
            format!("https://{}.webhook.office.com/webhookb2/{}", d.word(), marked(&path))
        }),
        kind("telegram-bot", "Telegram bot token", NAMES, ANY, |d| {
            format!("{}:AA{}", d.between(1_000_000_000, 8_999_999_999), d.url_safe(33))
        }),
    ]
}

/// The account's number in base64, a time and a signature.
fn discord(draw: &mut Draw) -> String {
    let account = base64url(draw.between(200_000_000_000_000_000, 1_300_000_000_000_000_000).to_string().as_bytes());
    let time = base64url(&draw.bytes(4)).chars().take(6).collect::<String>();
    format!("{account}.{time}.{}", draw.url_safe(38))
}

fn mail() -> Vec<Kind> {
    vec![
        kind("twilio-key", "Twilio API key", &["api_key_sid", "twilio_api_key", "sid"], ANY, |d| {
            format!("SK{}", d.hex(32))
        }),
        kind("twilio-auth-token", "Twilio auth token", &["twilio_auth_token", "TWILIO_AUTH_TOKEN"], NAMED, |d| {
            d.hex(32)
        }),
        kind("sendgrid", "SendGrid API key", NAMES, ANY, |d| format!("SG.{}.{}", d.url_safe(22), d.url_safe(43))),
        kind("mailgun", "Mailgun API key", NAMES, ANY, |d| format!("key-{}", d.hex(32))),
        kind("mailgun-current", "Mailgun sending key", &["mailgun_api_key", "mailgun_key"], NAMED, |d| {
            format!("{}-{}-{}", d.hex(32), d.hex(8), d.hex(8))
        }),
        kind("mailchimp", "Mailchimp API key", NAMES, ANY, |d| format!("{}-us{}", d.hex(32), d.between(1, 21))),
        kind("brevo", "Brevo API key", NAMES, ANY, |d| format!("xkeysib-{}-{}", d.hex(64), d.alnum(16))),
        kind("resend", "Resend API key", NAMES, ANY, |d| format!("re_{}_{}", d.of(ALNUM, 8), d.alnum(24))),
        kind("postmark", "Postmark server token", &["postmark_server_token", "X-Postmark-Server-Token"], NAMED, |d| {
            d.uuid('4')
        }),
        kind("mailersend", "MailerSend token", NAMES, ANY, |d| format!("mlsn.{}", d.of(HEX, 64))),
        kind("intercom", "Intercom token", &["intercom_access_token", "access_token"], NAMED, |d| {
            format!("dG9rO{}=", d.of(ALNUM, 54))
        }),
        kind("zendesk", "Zendesk API token", &["zendesk_api_token", "ZENDESK_TOKEN"], NAMED, |d| {
            d.of(LOWER_DIGITS, 40)
        }),
    ]
}
