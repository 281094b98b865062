//! Memberships.

mod queries;
mod repository;
mod row;

pub(crate) use row::MembershipRow;
