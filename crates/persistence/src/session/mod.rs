//! Sessions.

mod batch;
mod bearer;
mod queries;
mod repository;
mod row;

pub(crate) use batch::SessionBatch;
pub(crate) use row::SessionRow;
