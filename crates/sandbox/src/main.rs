//! `kuaichu-sandbox`: the stand-ins as a process of their own, for the demo and for trying things by hand.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use sandbox::{Sandbox, SandboxSettings, city::City, settings::demo_steps};
use tokio::signal::unix::{SignalKind, signal};

/// Stand-ins for WeChat, insurers and a text-message gateway, on this machine only.
#[derive(Debug, Parser)]
#[command(name = "kuaichu-sandbox", version)]
struct Arguments {
    /// Port on 127.0.0.1; 0 lets the system choose.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// City file with insurers and policies; without it three insurers accept every notice.
    #[arg(long)]
    city: Option<PathBuf>,
    /// Where the service is reached, such as http://127.0.0.1:8080; may be told later.
    #[arg(long)]
    callback_base: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kuaichu-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = SandboxSettings {
        port: arguments.port,
        callback_base: arguments.callback_base,
        steps: demo_steps(),
        ..SandboxSettings::default()
    };
    if let Some(path) = arguments.city {
        let city = City::read(&path)?;
        settings.insurers = city.insurer_settings();
        settings.policies = city.books();
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let sandbox = Sandbox::start(settings).await?;
    println!("kuaichu-sandbox listens on {}", sandbox.base_url());
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    sandbox.stop().await;
    Ok(())
}
