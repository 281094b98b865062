//! `guildhall backup`

use std::path::PathBuf;

use clap::Args;
use guildhall_persistence::{Backend, back_up};

use super::postgres;
use crate::{
    config::Configuration,
    output::{self, Failure},
};

#[derive(Args)]
pub(super) struct BackupArguments {
    /// The file to write, which must not exist
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(
    configuration: &Configuration,
    arguments: &BackupArguments,
) -> Result<(), Failure> {
    let database = &configuration.database;
    if database.backend() == Backend::Postgres {
        return Err(Failure::usage(postgres::how_to_back_up(database)));
    }
    let file = &arguments.file;
    let (contents, bytes) = back_up(database, file)
        .map_err(|error| Failure::failed(format!("There is no backup: {error}.")))?;
    output::line(format!("Backed up to {}: {bytes} bytes.", file.display()));
    super::tell(contents);
    Ok(())
}
