//! `guildhall config`

use clap::Subcommand;

use crate::{
    config::{Configuration, Overrides, Sources},
    output::{self, Failure},
};

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Print what is in force and where it comes from, secrets masked
    Check,
}

pub(super) fn run(command: &ConfigCommand, overrides: &Overrides) -> Result<(), Failure> {
    let ConfigCommand::Check = command;
    let sources = Sources::read(overrides).map_err(Failure::into_finding)?;
    let configuration = Configuration::from_sources(&sources).map_err(Failure::into_finding)?;
    for entry in configuration.in_force(&sources) {
        output::line(entry);
    }
    Ok(())
}
