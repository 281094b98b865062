//! Workspaces.

mod queries;
mod repository;
mod row;
