//! The audit trail.

mod repository;
mod row;

pub(crate) use row::AuditEventRow;
