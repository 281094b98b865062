//! Memberships.

mod queries;
mod repository;
mod row;
