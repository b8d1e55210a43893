//! `routewarden mcp`: serves assistants. Stdout belongs to the protocol; nothing else is printed there.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::app::App;
use crate::mcp::{self, HttpOptions, KeySource, KeyTimes, OAuthOptions, ServerOptions};
use crate::model::{Mode, clean_name};

use super::cx::CommandCx;
use super::exit::Exit;
use super::options::ModeOption;

/// Options of `mcp`.
#[derive(Debug, clap::Args)]
pub struct McpArgs {
    /// Folder of the project, for assistants that start servers elsewhere; every other relative path is relative to it
    /// [default: this folder]
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Configuration file [default: routewarden.toml in this folder, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Serve Streamable HTTP on this loopback address instead of stdio: `127.0.0.1:8899`.
    /// The bearer token is read from ROUTEWARDEN_HTTP_TOKEN, or made and shown once on stderr
    #[arg(long, value_name = "ADDR")]
    pub http: Option<SocketAddr>,
    /// A further folder in which configurations, documents and source that a model names may lie; this folder always is
    /// one. Repeatable
    #[arg(long = "root", value_name = "DIR")]
    pub roots: Vec<PathBuf>,
    /// The most that a scan of the assistant may do; modes up to it need no further question. Without it, modes beyond
    /// the configuration's are asked about
    #[arg(long, value_enum, value_name = "MODE")]
    pub max_mode: Option<ModeOption>,
    /// Also serve the HTTP+SSE transport of 2024, at /sse, for clients that know no other
    #[arg(long, requires = "http")]
    pub legacy_sse: bool,
    /// Take the tokens of this authorization server in place of one token (OAuth); needs --oauth-keys. Each user has scans of
    /// their own
    #[arg(long, value_name = "URL", requires = "http", requires = "oauth_keys")]
    pub oauth_issuer: Option<String>,
    /// The public keys of the authorization server (JWKS): their address (https, or on this machine), or a file
    #[arg(long, value_name = "URL|FILE", requires = "oauth_issuer")]
    pub oauth_keys: Option<String>,
    /// The address that tokens are issued for [default: the one that is served]
    #[arg(long, value_name = "URL", requires = "oauth_issuer")]
    pub oauth_resource: Option<String>,
}

/// Serves until the client leaves or the user stops it; both are an ordinary end. The server listens for Ctrl-C
/// itself, as it has its own clients to part from.
pub(super) async fn run(cx: &CommandCx, args: McpArgs) -> anyhow::Result<Exit> {
    let project = match &args.project {
        Some(folder) => project_folder(cx, folder)?,
        None => cx.folder.clone(),
    };
    let app = match args.config {
        Some(config) => cx.app.with_folder(project.clone()).with_config(config),
        None => cx.app.with_folder(project.clone()),
    };
    let roots = args.roots.iter().map(|root| project.join(root)).collect();
    let most = args.max_mode.map(Mode::from);
    let options = ServerOptions::from_environment().with_roots(roots).with_max_mode(most);

    match args.http {
        None => mcp::serve_stdio_with(app, options).await?,
        Some(address) => {
            let keys = args.oauth_keys.map(|keys| KeySource::parse(&keys, &project));
            let (oauth, key_times) = (args.oauth_issuer.zip(keys), KeyTimes::default());
            let resource = args.oauth_resource;
            let oauth = oauth.map(|(issuer, keys)| OAuthOptions { issuer, keys, key_times, resource });
            let legacy_sse = args.legacy_sse;
            let options = HttpOptions { server: options, legacy_sse, oauth, ..HttpOptions::from_environment(address) };
            serve_http(cx, app, options).await?;
        }
    }
    Ok(Exit::Clean)
}

/// Returns the folder that `--project` names. An assistant that does not fill in `${workspaceFolder}` is noticed here, and
/// not at the first scan.
fn project_folder(cx: &CommandCx, named: &Path) -> anyhow::Result<PathBuf> {
    let folder = cx.folder.join(named);
    if !folder.is_dir() {
        bail!("--project {}: there is no such folder", clean_name(&named.display().to_string(), 200));
    }
    Ok(folder)
}

async fn serve_http(cx: &CommandCx, app: App, options: HttpOptions) -> anyhow::Result<()> {
    let ready = |listening: &mcp::Listening| {
        cx.announce(format!("serving on {}", listening.url));
        if let Some(url) = &listening.sse_url {
            cx.announce(format!("serving the transport of 2024 on {url}"));
        }
        if let Some(token) = &listening.generated_token {
            // The token is shown even where `--quiet` is given: without it no client can connect.
            cx.announce(format!("clients send: Authorization: Bearer {}", token.expose()));
        }
    };

    Ok(mcp::serve_http(app, options, ready).await?)
}
