//! Organizations.

mod queries;
mod repository;
mod row;
