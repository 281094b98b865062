//! Memberships.

mod repository;
mod row;
