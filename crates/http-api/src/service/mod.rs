//! The service itself: what it is, how it is, and its pages for people.

pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod problems;
pub(crate) mod root;
