//! The cache before the store: what it answers is what the store answers, whatever was
//! asked before and changed since.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failure")]

mod conformance;
mod scene;
mod walk;
