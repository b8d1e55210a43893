//! Payments, shops and banks. Source: the vendors' documentation of API keys.

use crate::kit::draw::{ALNUM, HEX};
use crate::kit::forms::{ANY, NAMED};
use crate::kit::kind::{Kind, kind};

const NAMES: &[&str] = &["api_key", "secret_key", "payment_key", "key", "token"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("stripe-live", "Stripe secret key", NAMES, ANY, |d| {
            let n = d.pick(&[24, 99]);
            format!("sk_live_{}", d.alnum(n))
        }),
        kind("stripe-test", "Stripe test key", NAMES, ANY, |d| format!("sk_test_{}", d.alnum(99))),
        kind("stripe-restricted", "Stripe restricted key", NAMES, ANY, |d| format!("rk_live_{}", d.alnum(99))),
        kind("stripe-webhook", "Stripe signing secret", &["webhook_secret", "signing_secret"], ANY, |d| {
            format!("whsec_{}", d.alnum(32))
        }),
        kind("square-access", "Square access token", NAMES, ANY, |d| format!("EAAA{}", d.url_safe(60))),
        kind("square-secret", "Square application secret", NAMES, ANY, |d| format!("sq0csp-{}", d.url_safe(43))),
        kind("shopify-admin", "Shopify admin token", NAMES, ANY, |d| format!("shpat_{}", d.hex(32))),
        kind("shopify-shared", "Shopify shared secret", NAMES, ANY, |d| format!("shpss_{}", d.hex(32))),
        kind("shopify-custom", "Shopify custom app token", NAMES, ANY, |d| format!("shpca_{}", d.hex(32))),
        kind("plaid-secret", "Plaid secret", &["plaid_secret", "PLAID_SECRET"], NAMED, |d| d.hex(30)),
        kind("plaid-access", "Plaid access token", &["access_token", "plaid_token"], ANY, |d| {
            format!("access-{}-{}", d.pick(&["production", "sandbox"]), d.uuid('4'))
        }),
        kind("adyen", "Adyen API key", &["x-api-key", "adyen_api_key", "api_key"], ANY, |d| {
            format!("AQE{}-{}-{}", d.base64(66).trim_end_matches('='), d.base64(32), d.alnum(16))
        }),
        kind("razorpay-secret", "Razorpay key secret", &["razorpay_key_secret", "key_secret"], NAMED, |d| d.alnum(24)),
        kind("braintree", "Braintree access token", NAMES, ANY, |d| {
            format!("access_token$production${}${}", d.of("0123456789abcdefghijklmnopqrstuvwxyz", 16), d.hex(32))
        }),
        kind("paypal-secret", "PayPal client secret", &["paypal_client_secret", "client_secret"], NAMED, |d| {
            format!("E{}", d.url_safe(79))
        }),
        kind("coinbase-secret", "Coinbase API secret", &["coinbase_api_secret", "CB_API_SECRET"], NAMED, |d| {
            d.base64(64)
        }),
        kind("flutterwave", "Flutterwave secret key", NAMES, ANY, |d| format!("FLWSECK-{}-X", d.of(HEX, 32))),
        kind("lob", "Lob API key", NAMES, ANY, |d| format!("live_{}", d.of("0123456789abcdef", 35))),
        kind("paystack", "Paystack secret key", NAMES, ANY, |d| format!("sk_live_{}", d.hex(40))),
        kind("mercado-pago", "Mercado Pago token", NAMES, ANY, |d| {
            format!("APP_USR-{}-{}-{}-{}", d.digits(16), d.digits(6), d.of(HEX, 32), d.digits(9))
        }),
        kind("klaviyo", "Klaviyo private key", NAMES, ANY, |d| format!("pk_{}", d.of(HEX, 34))),
        kind("easypost", "EasyPost API key", NAMES, ANY, |d| format!("EZAK{}", d.of(ALNUM, 54))),
    ]
}
