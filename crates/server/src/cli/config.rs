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
    let sources = Sources::read(overrides)?;
    Configuration::from_sources(&sources)?;
    for entry in sources.entries() {
        output::line(entry);
    }
    Ok(())
}
