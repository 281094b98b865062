//! The client against a server that answers what a test has written down.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, a panic is a failure"
)]

mod addresses;
mod answers;
mod errors;
mod pages;
mod requests;
mod retries;
mod server;
