//! Starts the demo target on loopback and says how to scan it: `cargo run --example demo_api -- [--repaired] [--port N]`.
#![expect(clippy::print_stdout, reason = "the printed text is what this program is for")]

use anyhow::Context as _;
use clap::Parser;
use routewarden::demo::{self, Demo, DemoOptions};

/// A small invoicing API with planted weaknesses, to try a scan on.
#[derive(Parser)]
struct Arguments {
    /// Start the repaired twin, which has none of the weaknesses.
    #[arg(long)]
    repaired: bool,
    /// The loopback port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let options = DemoOptions { repaired: arguments.repaired, port: arguments.port };
    let demo = demo::start(options).await.context("failed to start the demo")?;
    explain(&demo, arguments.repaired);
    tokio::signal::ctrl_c().await?;
    demo.stop().await;
    Ok(())
}

fn explain(demo: &Demo, repaired: bool) {
    let version = if repaired { "repaired" } else { "weak" };
    println!("The {version} demo listens on {}; its document is at {}/openapi.json.\n", demo.base_url, demo.base_url);
    println!("To scan it, write this into routewarden.toml:\n\n{}", demo.config_toml());
    println!("and in the shell that scans, set the passwords of this run:\n");
    for (name, value) in demo.secrets() {
        println!("export {name}={value}");
    }
    println!("\nthen run: routewarden scan");
    if !repaired {
        println!("\nWhat is wrong with it:\n");
        for (check, operation) in Demo::planted() {
            println!("  {check:<30} {operation}");
        }
    }
    println!("\nCtrl-C stops it.");
}
