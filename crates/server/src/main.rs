//! The `guildhall` binary: configuration, command line and wiring. What it does
//! is in the crates below.

mod cli;
mod clock;
mod config;
mod first_admin;
mod metrics;
mod output;
mod serve;
mod signing_key;
mod telemetry;
mod upkeep;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure);
            failure.exit_code()
        }
    }
}
