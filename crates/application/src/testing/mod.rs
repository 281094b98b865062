//! For tests, here and in the adapters: a unit of work over mocks, builders,
//! and the suite that every store has to pass.

mod audit;
mod builders;
pub mod conformance;
mod fake_store;
mod ports;

pub use audit::{export_audit_logs, make_checkpoints, verify_audit_logs};
pub use builders::{
    access, account_with_password, account_with_session, answer, at, caller, done, invitation,
    locking, member_details, membership, new_password, organization, organization_summary, origin,
    password_hash, repeatable, session, token_hash, unrepeated, user, workspace,
};
pub use fake_store::{Failure, FakeStore, Repositories};
pub use ports::{FixedClock, SequentialIds, TestPorts, settings};
