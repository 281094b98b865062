//! The audit logs on both databases: what is tampered with is found, and what
//! many write at once is one chain.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

mod concurrency;
mod cost;
mod reading;
mod retention;
mod scene;
mod sealing;
mod tampering;
