//! The second wall on PostgreSQL, from below the application: by raw SQL, and by
//! scopes that no decision is behind.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

mod database_users;
mod forged_scopes;
mod own_eyes;
mod raw_sql;
mod scene;
