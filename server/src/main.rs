//! The `parlor-server` program: reads the settings, starts the server, and stops it in order at a signal.

mod banner;
mod healthcheck;
mod operator;

use operator::Failure;
use parlor_server::{
    Server,
    config::{Config, LoadError, Loaded, Task},
    observe,
};
use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};
use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
    time,
};

/// The server's own stop takes less; this is for a defect in it.
const STOP_WITHIN: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let ended = Runtime::new()
        .map_err(|error| Failure::new(format_args!("The runtime cannot be made: {error}.")))
        .and_then(|runtime| {
            let ended = runtime.block_on(run());
            // Whatever still runs on it must not hold up the exit.
            runtime.shutdown_background();
            ended
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, status }) => {
            if !message.is_empty() {
                // A closed standard error must not become a panic.
                writeln!(io::stderr(), "parlor-server: {message}").ok();
            }
            ExitCode::from(status)
        }
    }
}

async fn run() -> Result<(), Failure> {
    let loaded = Config::load(std::env::args_os(), &operator::commands()).map_err(|error| Failure {
        status: if matches!(error, LoadError::Usage(_)) { operator::USAGE } else { operator::FAILED },
        message: error.to_string(),
    })?;
    match &loaded.task {
        Task::Serve => serve(&loaded).await.map_err(Failure::new),
        Task::Healthcheck => healthcheck::ready(loaded.config.listen).await.map_err(Failure::new),
        Task::Operator(name, arguments) => operator::run(name, arguments, &loaded).await,
        Task::Print(text) => {
            writeln!(io::stdout(), "{}", text.trim_end()).ok();
            Ok(())
        }
    }
}

async fn serve(loaded: &Loaded) -> Result<(), String> {
    observe::logs(loaded.config.log_format, &loaded.config.log);
    let mut stops = Stops::watch().map_err(|error| format!("Signals cannot be watched: {error}."))?;
    let server = tokio::select! {
        started = Server::start(loaded.config.clone()) => started.map_err(|error| error.to_string())?,
        () = stops.next() => return Ok(()),
    };
    banner::show(loaded, server.address(), server.metrics_address());
    stops.next().await;
    tracing::info!("stopping");
    tokio::select! {
        () = server.stop() => Ok(()),
        () = time::sleep(STOP_WITHIN) => Err("The server did not stop in time.".to_owned()),
        () = stops.next() => Err("Stopped at once, at a second signal.".to_owned()),
    }
}

/// The signals that ask for a stop.
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    fn watch() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
