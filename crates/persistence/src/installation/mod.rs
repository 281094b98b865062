//! The installation's single row.

mod repository;
