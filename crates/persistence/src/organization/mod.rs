//! Organizations.

mod access;
mod counters;
mod purge;
mod queries;
mod repository;
mod row;

pub(crate) use counters::{Counted, Room, add_within_limit, count_down};
pub(crate) use row::OrganizationRow;
