//! What an operator decides and use cases obey.

use crate::mail::MailLinks;
use chrono::TimeDelta;
use guildhall_domain::{AutoJoin, DefaultOrganizationPolicy, RegistrationMode, SessionLifetimes};

/// The rules of this installation.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own")]
pub struct Settings {
    /// Who may register.
    pub registration: RegistrationMode,
    /// Who joins an existing organization by address.
    pub auto_join: AutoJoin,
    /// What the default organization looks like.
    pub default_organization: DefaultOrganizationPolicy,
    /// Whether anybody may create organizations, or platform admins alone.
    pub self_service: bool,
    /// How long a deleted organization can be restored.
    pub restore_window: TimeDelta,
    /// How many whole months behind the present one audit logs reach back; for ever
    /// where there is none.
    pub audit_retention_months: Option<u32>,
    /// How long sessions live.
    pub session_lifetimes: SessionLifetimes,
    /// Whether callers who have not proven that their address is theirs are kept
    /// from everything but that.
    pub email_verification: bool,
    /// Whether mail can be sent.
    pub sends_mail: bool,
    /// Where the links in mail lead.
    pub mail_links: MailLinks,
    /// Whether attempts to sign in are limited; for the security score.
    pub sign_in_is_throttled: bool,
    /// Whether clients reach the service by https; for the security score.
    pub transport_is_encrypted: bool,
}
