//! What operators do, and what the service does for itself.

mod check_health;
mod create_admin;
mod doctor;
mod purge;
mod upkeep;

pub use check_health::CheckHealth;
pub use create_admin::{CreateAdmin, CreateAdminCommand};
pub use doctor::Doctor;
pub use purge::PurgeOrganizations;
pub use upkeep::{Heartbeat, Sweep};
