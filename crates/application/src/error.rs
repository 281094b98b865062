//! What can go wrong in a use case: one enum, mapped to the outside in one place
//! by each adapter.

use std::{iter::successors, time::Duration};

use guildhall_domain::Quota;

use crate::ports::{HashingError, RequestBudget, StoreError};

/// An error with everything that is behind it, for a log or an operator.
#[must_use]
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = successors(Some(error), |error| (*error).source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901) into the request's body.
    pub pointer: String,
    /// What is wrong and what would be right, for the person who made it.
    pub detail: String,
}

impl Fault {
    /// A fault of one top-level field.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a reference would only be noise at each call"
    )]
    pub fn of_field(field: &str, detail: impl ToString) -> Self {
        Self { pointer: format!("/{field}"), detail: detail.to_string() }
    }
}

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is well-formed but breaks rules; every fault is listed.
    #[error("the request is invalid")]
    Invalid(Vec<Fault>),
    /// There is no live session behind the request.
    #[error("not authenticated")]
    NotAuthenticated,
    /// Wrong address or wrong password, which are one answer.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// Registration is not open to this request.
    #[error("registration is closed: {0}")]
    RegistrationClosed(&'static str),
    /// Absent, or not the caller's to know of.
    #[error("not found")]
    NotFound,
    /// The caller may know of it, but lacks this permission.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The organization is suspended.
    #[error("the organization is suspended")]
    OrganizationSuspended,
    /// The resource has changed since the version that the request names.
    #[error("the resource has changed")]
    VersionMismatch,
    /// Another request had this idempotency key.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// The invited address is a member's.
    #[error("the address is a member's already")]
    AlreadyMember,
    /// The invited address has an invitation that can be accepted.
    #[error("the address is invited already")]
    AlreadyInvited,
    /// The invitation was accepted, declined or revoked.
    #[error("the invitation is closed")]
    InvitationClosed,
    /// The invitation is for somebody else's address.
    #[error("the invitation is for another address")]
    InvitationForAnother,
    /// The caller has not proven that their address is theirs.
    #[error("the address is not verified")]
    EmailNotVerified,
    /// This installation sends no mail.
    #[error("no mail is sent")]
    MailNotConfigured,
    /// The platform must keep an administrator.
    #[error("the last platform admin cannot go")]
    LastAdmin,
    /// An organization must keep an owner.
    #[error("the last owner cannot be demoted or removed")]
    LastOwner,
    /// There is no room for more.
    #[error("the quota of {} is exhausted", .0.resource.as_str())]
    QuotaExceeded(Quota),
    /// Another organization has the domain.
    #[error("the domain is taken")]
    DomainTaken,
    /// Another organization has the external id.
    #[error("the external id is taken")]
    ExternalIdTaken,
    /// The address has an account already.
    #[error("the e-mail address is registered already")]
    EmailTaken,
    /// An organization of this name exists and does not admit the caller.
    #[error("the organization name is taken")]
    OrganizationNameTaken,
    /// Too many requests of one actor; another is welcome after this time.
    #[error("too many requests")]
    TooManyRequests(RequestBudget),
    /// Too many attempts; another is welcome after this time.
    #[error("too many attempts")]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// There is more work waiting than can be done in time.
    #[error("overloaded")]
    Overloaded,
    /// The store is out of reach.
    #[error("the store is unavailable")]
    StoreUnavailable(#[source] StoreError),
    /// A fault of the program or of the machine.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::StoreUnavailable(error),
            StoreError::Failed(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<HashingError> for Error {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Overloaded => Self::Overloaded,
            HashingError::Failed(_) => Self::Internal(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    const SECRET: &str = "password of the database";

    #[test]
    fn errors_of_ports_become_what_a_client_can_act_upon() {
        let cause = || SECRET.to_owned();
        assert!(matches!(
            Error::from(StoreError::Unavailable(cause())),
            Error::StoreUnavailable(StoreError::Unavailable(_))
        ));
        assert!(matches!(Error::from(StoreError::Failed(cause())), Error::Internal(_)));
        assert!(matches!(Error::from(HashingError::Overloaded), Error::Overloaded));
        assert!(matches!(Error::from(HashingError::Failed(cause())), Error::Internal(_)));
    }

    #[test]
    fn a_cause_is_kept_for_the_log_and_out_of_the_message() {
        for error in [
            Error::from(StoreError::Unavailable(SECRET.to_owned())),
            Error::from(StoreError::Failed(SECRET.to_owned())),
            Error::from(HashingError::Failed(SECRET.to_owned())),
        ] {
            assert!(error.source().unwrap().to_string().contains(SECRET), "{error}");
            assert!(!error.to_string().contains(SECRET), "{error}");
        }
    }

    #[test]
    fn a_fault_of_a_field_points_at_it() {
        let fault = Fault::of_field("email", "must be an address");
        assert_eq!((&fault.pointer[..], &fault.detail[..]), ("/email", "must be an address"));
    }
}
