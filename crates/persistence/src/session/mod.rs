//! Sessions.

mod queries;
mod repository;
mod row;
