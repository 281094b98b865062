//! The built binary, end to end: started on a free port, spoken to by HTTP, on
//! SQLite and on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "in a test these are how a failure shows"
)]

mod load;
mod mailbox;
mod proxy;
mod raw;
mod scrape;
mod support;

mod alike;
mod audit;
mod audit_logs;
mod backup;
mod bad_input;
mod cache;
mod cli;
mod copy;
mod crashes;
mod dashboards;
mod default_organization;
mod demo_data;
mod faults_postgres;
mod faults_sqlite;
mod idempotency;
mod invitations;
mod isolation;
mod lifecycle;
mod logs;
mod long_list;
mod management;
mod matrix;
mod members;
mod metrics;
mod overload;
mod pages;
mod proof;
mod quotas;
mod rate_limit;
mod registration;
mod rolling_restart;
mod seed_page;
mod sessions;
mod slow_clients;
mod smtp;
mod stats;
mod traces;
mod trail;
mod unauthenticated;
mod users;
mod verification;
