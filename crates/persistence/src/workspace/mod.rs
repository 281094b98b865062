//! Workspaces.

mod repository;
mod row;
