//! Sessions.

mod queries;
mod repository;
mod row;

pub(crate) use repository::SessionUse;
pub(crate) use row::SessionRow;
