//! What PostgreSQL has programs of its own for.

use guildhall_persistence::DatabaseUrl;

/// What a plain owner of the tables must say to see all rows; to a superuser it
/// says nothing.
const EVERY_ROW: &str = "PGOPTIONS='-c guildhall.actor=system'";

pub(super) fn how_to_back_up(database: &DatabaseUrl) -> String {
    let database = without_password(database);
    format!(
        "`guildhall backup` is for SQLite. PostgreSQL has means of its own, which may be used \
         while the service runs. The database, to a file:\n\n  \
         {EVERY_ROW} pg_dump --enable-row-security --format=custom --file=guildhall.dump \
         '{database}'\n\n\
         The whole server, from which any later moment can be reached by its archived log, as a \
         user with REPLICATION:\n\n  \
         pg_basebackup --wal-method=stream --checkpoint=fast --pgdata=guildhall-base \
         --dbname='{database}'\n\n\
         A password belongs into ~/.pgpass or PGPASSWORD. More is in docs/operations.md."
    )
}

pub(super) fn how_to_restore(database: &DatabaseUrl) -> String {
    let database = without_password(database);
    format!(
        "`guildhall restore` is for SQLite. With every node stopped, restore a dump of \
         PostgreSQL into an empty database. In a new cluster a superuser first runs \
         `CREATE ROLE guildhall_application NOLOGIN`.\n\n  \
         {EVERY_ROW} pg_restore --no-owner --exit-on-error --single-transaction \
         --dbname='{database}' guildhall.dump\n  \
         guildhall migrate && guildhall doctor && guildhall audit verify\n\n\
         What pg_basebackup made is a data folder: start a server on it. More is in \
         docs/operations.md."
    )
}

/// The address as libpq takes it, where the password comes from elsewhere.
fn without_password(database: &DatabaseUrl) -> String {
    database.to_string().replace(":***@", "@")
}
