//! Guildhall's store on SQLite and PostgreSQL, by Diesel.
//!
//! [`migrate`] brings a database to the schema that this version knows;
//! [`DieselStore`] opens it and implements the ports of the application. Each
//! query is written once and type-checked against both databases: see
//! `connection::on_backend!`.

mod audit;
mod backup;
mod blocking;
mod bulk;
mod changes;
mod connection;
mod connections;
mod copy;
mod database_url;
mod decode;
mod error;
mod installation;
mod invitation;
mod keyset;
mod look_up;
mod look_up_queue;
mod mail_queue;
mod maintenance;
mod membership;
mod migrations;
mod one_time_token;
mod organization;
mod pace;
mod pool;
mod prepared;
mod requests;
mod schema;
mod search;
mod session;
mod slot;
mod slow_statements;
mod sql_types;
mod sqlite_file;
mod sqlite_hold;
mod standing_reader;
mod stats;
mod store;
mod tenancy;
mod transaction;
mod unit_of_work;
mod user;
mod watch;
mod workspace;

#[cfg(feature = "testing")]
pub mod testing;

pub use backup::{BackupError, Contents, Restored, back_up, restore};
pub use connection::SqliteSynchronous;
pub use copy::{CopyError, TableCount, copy};
pub use database_url::{Backend, DatabaseUrl, DatabaseUrlError};
pub use error::OpenError;
pub use migrations::{MigrationReport, migrate, pending};
pub use store::{DieselStore, StoreOptions};
pub use watch::{DatabaseErrors, PoolState};
