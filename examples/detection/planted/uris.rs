//! Credentials in URIs (RFC 3986 §3.2.1) and connection strings.

use crate::kit::draw::Draw;
use crate::kit::forms::ANY;
use crate::kit::kind::{Kind, kind, marked};

const DATABASE: &[&str] = &["database_url", "DATABASE_URL", "dsn", "connection", "url"];
const QUEUE: &[&str] = &["broker_url", "redis_url", "amqp_url", "url"];
const REMOTE: &[&str] = &["remote", "clone_url", "proxy", "endpoint", "url"];

/// A password that needs no escapes in a URI.
fn secret(draw: &mut Draw) -> String {
    let password = match draw.below(3) {
        0 => format!("{}{}{}", draw.word(), draw.between(100, 99_999), draw.word()),
        1 => draw.alnum(20),
        _ => format!("{}%21{}", draw.alnum(9), draw.alnum(4)),
    };
    marked(&password)
}

fn uri(draw: &mut Draw, scheme: &str, port: u16, path: &str) -> String {
    let user = draw.pick(&["app", "admin", "svc_api", "backend", "deploy", "reporting"]);
    let password = secret(draw);
    format!("{scheme}://{user}:{password}@{}:{port}/{path}", draw.host())
}

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("uri-postgres", "database URL", DATABASE, ANY, |d| {
            let scheme = d.pick(&["postgres", "postgresql", "postgresql+asyncpg"]);
            uri(d, scheme, 5432, "app?sslmode=require")
        }),
        kind("uri-mysql", "database URL", DATABASE, ANY, |d| {
            let scheme = d.pick(&["mysql", "mysql+pymysql", "mariadb"]);
            uri(d, scheme, 3306, "shop")
        }),
        kind("uri-mongodb", "database URL", DATABASE, ANY, |d| {
            let password = secret(d);
            format!(
                "mongodb+srv://api:{password}@{}.{}.mongodb.net/app?retryWrites=true",
                d.word(),
                d.alnum(5).to_lowercase()
            )
        }),
        kind("uri-redis", "cache URL", QUEUE, ANY, |d| {
            let password = secret(d);
            format!("{}://:{password}@{}:6379/0", d.pick(&["redis", "rediss"]), d.host())
        }),
        kind("uri-amqp", "broker URL", QUEUE, ANY, |d| uri(d, "amqps", 5671, "main")),
        kind("uri-https", "remote", REMOTE, ANY, |d| {
            let password = secret(d);
            format!("https://{}:{password}@git.example.com/{}/{}.git", d.word(), d.word(), d.word())
        }),
        kind("uri-ftp", "upload address", REMOTE, ANY, |d| {
            let scheme = d.pick(&["ftp", "sftp", "ftps"]);
            uri(d, scheme, 21, "incoming")
        }),
        kind("uri-smtp", "mail address", &["smtp_url", "mailer_dsn", "url"], ANY, |d| uri(d, "smtps", 465, "")),
        kind("uri-ldap", "directory address", REMOTE, ANY, |d| uri(d, "ldaps", 636, "dc=example,dc=com")),
        kind("uri-jdbc", "JDBC address", DATABASE, ANY, |d| {
            let password = secret(d);
            format!("jdbc:postgresql://{}:5432/app?user=app&password={password}&ssl=true", d.host())
        }),
        kind("sql-server-string", "connection string", &["connectionString", "DefaultConnection"], ANY, |d| {
            let password = secret(d);
            format!("Server=tcp:{},1433;Database=app;User ID=sa;Password={password};Encrypt=True;", d.host())
        }),
        kind("aws-presigned", "download link", &["url", "download_url", "href"], ANY, |d| {
            let signature = d.hex(64);
            let (bucket, key) = (d.word(), d.uuid('4'));
            let id = d.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16);
            format!(
                "https://{bucket}-files.s3.eu-west-1.amazonaws.com/{key}.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256\
                 &X-Amz-Credential=AKIA{id}%2F20260301%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20260301T101500Z\
                 &X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
                marked(&signature)
            )
        }),
    ]
}
