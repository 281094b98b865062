//! Sessions.

mod queries;
mod repository;
mod row;

pub(crate) use row::SessionRow;
