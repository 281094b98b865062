//! `guildhall audit export`, `verify`, `key` and `rotate-key`

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Subcommand, ValueEnum};
use guildhall_application::{Error, audit::VerifyReport, with_causes};
use guildhall_audit_log::{Checkpoint, ExportVerifier, Line, LogId, Summary, VerifyingKey, table};

use super::block_on;
use crate::{
    config::Configuration,
    output::{self, Failure},
    signing_key,
    wiring::Service,
};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Write audit logs to standard output; how far it is, to standard error
    Export {
        /// One log: `installation`, or the id of an organization; all without
        #[arg(long, value_name = "LOG")]
        log: Option<LogId>,
        /// How they are written; only NDJSON can be verified
        #[arg(long, value_enum, default_value_t = Format::Ndjson)]
        format: Format,
    },
    /// Check the logs of the database, or an export of them, for changes;
    /// exit code 1 if there are any
    Verify {
        /// An export in NDJSON; needs no database
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// A public key that checkpoints may be signed by; those that the
        /// database knows without this, which an export needs
        #[arg(long, value_name = "KEY")]
        key: Vec<VerifyingKey>,
        /// A file of checkpoints that were kept elsewhere, a JSON document a line
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
    },
    /// Print the public key of this node
    Key,
    /// Put a new key in the place of this node's; restart the node afterwards
    RotateKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Ndjson,
    Csv,
}

pub(super) fn run(
    command: AuditCommand,
    load: impl FnOnce() -> Result<Configuration, Failure>,
) -> Result<(), Failure> {
    match command {
        AuditCommand::Export { log, format } => export(&load()?, log, format),
        AuditCommand::Verify { file: Some(file), key, checkpoints } => {
            verify_file(&file, key, checkpoints.as_deref())
        }
        AuditCommand::Verify { file: None, checkpoints: Some(_), .. } => Err(Failure::usage(
            "`--checkpoints` goes with `--file`: export the logs and verify that.",
        )),
        AuditCommand::Verify { file: None, key, checkpoints: None } => {
            verify_database(&load()?, &key)
        }
        AuditCommand::Key => {
            let key = signing_key::of(&load()?)?;
            let key =
                key.ok_or_else(|| Failure::failed("This node has no key: it has no data folder."))?;
            output::line(key.verifying_key());
            Ok(())
        }
        AuditCommand::RotateKey => {
            let (key, kept) = signing_key::rotate(&load()?)?;
            output::line(key.verifying_key());
            output::note(format!("The former key is kept as {}.", kept.display()));
            Ok(())
        }
    }
}

/// Why an export ended early.
enum Broken {
    Store(Error),
    Output(io::Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

fn export(
    configuration: &Configuration,
    log: Option<LogId>,
    format: Format,
) -> Result<(), Failure> {
    const TELL_EVERY: u64 = 100_000;
    let service = Service::new(configuration)?;
    let mut writer = BufWriter::new(io::stdout());
    let mut written = 0_u64;
    let exported = block_on(async {
        let outcome = match format {
            Format::Ndjson => {
                let take = |line: Line| -> Result<(), Broken> {
                    serde_json::to_writer(&mut writer, &line).map_err(io::Error::from)?;
                    writer.write_all(b"\n")?;
                    count(&line, &mut written, TELL_EVERY);
                    Ok(())
                };
                service.use_cases.export_audit_logs.execute(log, take).await
            }
            Format::Csv => {
                let mut rows = csv::Writer::from_writer(&mut writer);
                let head = rows.write_record(table::COLUMNS).map_err(io::Error::from);
                let take = |line: Line| -> Result<(), Broken> {
                    if let Line::Record(record) = &line {
                        rows.write_record(table::cells(record)).map_err(io::Error::from)?;
                    }
                    count(&line, &mut written, TELL_EVERY);
                    Ok(())
                };
                match head {
                    Ok(()) => service.use_cases.export_audit_logs.execute(log, take).await,
                    Err(error) => Err(error.into()),
                }
            }
        };
        Ok(outcome)
    })?;
    let exported = exported.and_then(|()| Ok(writer.flush()?));
    match exported {
        Ok(()) => {
            output::note(format!("Events written: {written}."));
            Ok(())
        }
        Err(Broken::Store(error)) => Err(Failure::failed(with_causes(&error))),
        Err(Broken::Output(error)) => {
            Err(Failure::failed(format!("The export broke off after {written} events: {error}.")))
        }
    }
}

/// Counts events, and says now and then how far it is.
fn count(line: &Line, written: &mut u64, tell_every: u64) {
    if let Line::Record(_) = line {
        *written += 1;
        if written.is_multiple_of(tell_every) {
            output::note(format!("{written} events …"));
        }
    }
}

fn verify_file(
    path: &Path,
    keys: Vec<VerifyingKey>,
    checkpoints: Option<&Path>,
) -> Result<(), Failure> {
    if keys.is_empty() {
        return Err(Failure::usage(
            "An export is verified by keys that you know: name each with `--key`. \
             `GET /api/audit-logs/keys` shows them.",
        ));
    }
    let kept = checkpoints.map(read_checkpoints).transpose()?.unwrap_or_default();
    let mut verifier = ExportVerifier::new(keys, kept);
    for_each_line(path, |text, number| {
        let line = Line::parse(text, number).map_err(Failure::failed)?;
        verifier.push(&line);
        Ok(())
    })?;
    let summary = verifier.finish();
    let Summary { logs, entries, checkpoints, dropped, findings } = summary;
    conclude(&VerifyReport { logs, entries, checkpoints, dropped, findings })
}

/// Checks the logs of the database, and says what is wrong with them.
pub(super) fn verify_database(
    configuration: &Configuration,
    keys: &[VerifyingKey],
) -> Result<(), Failure> {
    let service = Service::new(configuration)?;
    let report = block_on(async {
        let verify = &service.use_cases.verify_audit_logs;
        verify.execute(keys).await.map_err(|error| Failure::failed(with_causes(&error)))
    })?;
    conclude(&report)
}

fn conclude(report: &VerifyReport) -> Result<(), Failure> {
    let VerifyReport { logs, entries, checkpoints, dropped, findings } = report;
    for finding in findings {
        output::line(finding);
    }
    output::line(format!("Logs: {logs}, entries: {entries}, checkpoints: {checkpoints}."));
    if *dropped > 0 {
        output::line(format!("Entries that were dropped before them, as is signed: {dropped}."));
    }
    if findings.is_empty() {
        output::line("Nothing was changed, removed, moved or cut off.");
        Ok(())
    } else {
        Err(Failure::failed(format!("Logs that are not as they were: {}.", findings.len())))
    }
}

/// Checkpoints as the API answers them, or as an export has them.
fn read_checkpoints(path: &Path) -> Result<Vec<Checkpoint>, Failure> {
    let mut checkpoints = Vec::new();
    for_each_line(path, |text, number| {
        let checkpoint = match serde_json::from_str::<Checkpoint>(text) {
            Ok(checkpoint) => checkpoint,
            Err(error) => match Line::parse(text, number) {
                Ok(Line::Checkpoint { checkpoint }) => checkpoint,
                Ok(Line::Record(_) | Line::Base { .. }) => return Ok(()),
                Err(_) => {
                    let path = path.display();
                    let message = format!("{path}, line {number}, is no checkpoint: {error}.");
                    return Err(Failure::failed(message));
                }
            },
        };
        checkpoints.push(checkpoint);
        Ok(())
    })?;
    Ok(checkpoints)
}

fn for_each_line(
    path: &Path,
    mut take: impl FnMut(&str, u64) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::failed(format!("{}: {error}.", path.display()));
    let lines = BufReader::new(File::open(path).map_err(failed)?).lines();
    for (number, line) in (1..).zip(lines) {
        let line = line.map_err(failed)?;
        if !line.trim().is_empty() {
            take(&line, number)?;
        }
    }
    Ok(())
}
