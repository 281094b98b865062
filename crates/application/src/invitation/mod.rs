//! Invitations: how they are made, sent again, taken back, taken up.

mod accept;
mod door;
mod invite;
mod list;
mod manage;

pub use accept::{AcceptInvitation, AcceptedInvitation, DeclineInvitation};
pub use invite::{Invite, InviteCommand, InviteOutcome, Invited};
pub use list::ListInvitations;
pub use manage::ManageInvitation;

pub(crate) use door::Door;
