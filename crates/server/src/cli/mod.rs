//! The command line, one file a command.

mod admin;
mod audit;
mod backup;
mod bench_hashing;
mod bench_look_up;
mod config;
mod copy;
mod demo_data;
mod doctor;
mod migrate;
mod postgres;
mod restore;

use std::{future::Future, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use guildhall_persistence::Contents;

use crate::{
    config::{Configuration, Overrides},
    output::{self, Failure},
    serve,
};

/// The organizations service for B2B software.
///
/// Without a command it serves. With no configuration it serves in development
/// mode on 127.0.0.1:8080, with an SQLite file in your data folder.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Cli {
    /// The configuration file; `guildhall.toml` in the working folder, if there
    /// is one, without this.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the database is: sqlite:PATH or postgres://…; other users of this
    /// machine can read it here, so a password belongs into `DATABASE_URL`
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  guildhall
  guildhall serve --listen 127.0.0.1:9000
  DATABASE_URL=postgres://guildhall@localhost/guildhall guildhall migrate
  guildhall admin create --email root@acme.com
  guildhall doctor --fix
  guildhall backup /var/backups/guildhall.db
  guildhall restore --force /var/backups/guildhall.db
  guildhall copy --from sqlite:guildhall.db --to postgres://guildhall@localhost/guildhall
  guildhall demo-data --organizations 1000 --users 20000 --sessions 20000
  guildhall audit export > audit.ndjson
  guildhall audit verify --file audit.ndjson --key iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=

Exit codes: 0 done; 1 failed, or something was found; 2 wrong command line or configuration.";

#[derive(Subcommand)]
enum Command {
    /// Start the server (what happens without a command)
    Serve(ServeArguments),
    /// Manage platform admins
    #[command(subcommand)]
    Admin(admin::AdminCommand),
    /// Bring the database to the schema of this version
    Migrate,
    /// Recompute the counters of every organization and say which have drifted
    Doctor {
        /// Set drifted counters right
        #[arg(long)]
        fix: bool,
    },
    /// Back an SQLite database up while servers use it
    Backup(backup::BackupArguments),
    /// Put a backup in the place of an SQLite database that no server uses
    Restore(restore::RestoreArguments),
    /// Move an installation from SQLite to PostgreSQL, or back: every row, and
    /// proof that it arrived; exit code 1 if anything differs
    Copy(copy::CopyArguments),
    /// Fill an empty database with a made-up installation, to look at or to measure
    DemoData(demo_data::DemoDataArguments),
    /// Export and verify the audit logs
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Measure the hashes that sign-ins wait for; for bench/
    #[command(hide = true)]
    BenchHashing(bench_hashing::BenchHashingArguments),
    /// Measure how users are found by the addresses on standard input; for bench/
    #[command(hide = true)]
    BenchLookUp(bench_look_up::BenchLookUpArguments),
    /// Print the OpenAPI document of the API
    Openapi,
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

#[derive(Args)]
struct ServeArguments {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

/// Does what the command line asks for.
pub(crate) fn run() -> Result<(), Failure> {
    let Cli { config: file, database_url, serve: ServeArguments { listen }, command } =
        Cli::parse();
    let overrides = Overrides { file, listen, database_url };
    let load = || Configuration::load(&overrides);
    let Some(command) = command else { return serve::run(load()?) };
    match command {
        Command::Serve(ServeArguments { listen }) => {
            let listen = listen.or(overrides.listen);
            serve::run(Configuration::load(&Overrides { listen, ..overrides })?)
        }
        _ if overrides.listen.is_some() => Err(Failure::usage("`--listen` is for `serve` alone.")),
        Command::Admin(command) => admin::run(command, load),
        Command::Migrate => migrate::run(&load()?),
        Command::Doctor { fix } => doctor::run(&load()?, fix),
        Command::Backup(arguments) => backup::run(&load()?, &arguments),
        Command::Restore(arguments) => restore::run(&load()?, &arguments),
        Command::Copy(arguments) => copy::run(load()?, arguments),
        Command::DemoData(arguments) => demo_data::run(&arguments, load),
        Command::Audit(command) => audit::run(command, load),
        Command::BenchHashing(arguments) => bench_hashing::run(&arguments),
        Command::BenchLookUp(arguments) => bench_look_up::run(&load()?, &arguments),
        Command::Openapi => {
            output::text(&guildhall_http_api::openapi_json());
            Ok(())
        }
        Command::Config(command) => config::run(&command, &overrides),
    }
}

/// Tells what was found in a database.
fn tell(contents: Contents) {
    let Contents { organizations, users, audit_logs } = contents;
    output::line(format!(
        "Whole; organizations: {organizations}, users: {users}, audit logs: {audit_logs}."
    ));
}

/// Runs the async part of a command to its end.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(Failure::failed)?.block_on(work)
}
