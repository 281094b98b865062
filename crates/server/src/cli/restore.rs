//! `guildhall restore`

use std::path::{Path, PathBuf};

use clap::Args;
use guildhall_application::ports::Clock;
use guildhall_persistence::{Backend, BackupError, restore};

use super::postgres;
use crate::{
    clock::SystemClock,
    config::Configuration,
    output::{self, Failure},
};

#[derive(Args)]
pub(super) struct RestoreArguments {
    /// The backup, which stays as it is
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Take the place of an existing database, which is kept under another name
    #[arg(long)]
    force: bool,
}

pub(super) fn run(
    configuration: &Configuration,
    arguments: &RestoreArguments,
) -> Result<(), Failure> {
    let database = &configuration.database;
    let Some(path) = database.sqlite_path().filter(|_| database.backend() == Backend::Sqlite)
    else {
        return Err(Failure::usage(postgres::how_to_restore(database)));
    };
    let keep_as = arguments.force.then(|| name_for_former(path));
    let restored = restore(database, &arguments.file, keep_as.as_deref()).map_err(|error| {
        let advice = match error {
            BackupError::Exists { .. } if !arguments.force => {
                " `--force` keeps it under another name and puts the backup in its place."
            }
            _ => "",
        };
        Failure::failed(format!("Nothing was restored: {error}.{advice}"))
    })?;
    for migration in &restored.migrated {
        output::line(format!("applied {migration}"));
    }
    output::line(format!("Restored to {}.", path.display()));
    super::tell(restored.contents);
    if let Some(kept) = &restored.kept {
        output::line(format!("The former database is kept as {}.", kept.display()));
    }
    Ok(())
}

/// A name beside the database that tells when it was replaced.
fn name_for_former(database: &Path) -> PathBuf {
    let now = SystemClock.now().format("%Y%m%dT%H%M%S%.6fZ");
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".before-{now}"));
    name.into()
}
