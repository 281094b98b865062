//! Who may register, and who joins an existing organization by it.

use crate::{EmailAddress, Organization};

/// Who may register at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationMode {
    /// Anybody; who names no organization joins the default organization.
    Open,
    /// Anybody who names an organization.
    Named,
    /// Only who holds an invitation.
    Invited,
}

impl RegistrationMode {
    /// Whether somebody without an invitation may register, naming an
    /// organization or none.
    #[must_use]
    pub const fn admits(self, names_organization: bool) -> bool {
        match self {
            Self::Open => true,
            Self::Named => names_organization,
            Self::Invited => false,
        }
    }
}

/// Whether an account joins an existing organization by its e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoJoin {
    /// Never; members come by invitation.
    Off,
    /// When the address lies in the organization's domain. Nobody has proven
    /// that the address is theirs: for development.
    EmailDomain,
    /// The same, but only once the address is verified and the domain proven.
    VerifiedDomain,
}

impl AutoJoin {
    /// Whether an account that is being registered with `email` becomes a
    /// member of `organization`, which exists already.
    ///
    /// Public mail domains never count. A new address is not verified yet, so
    /// [`VerifiedDomain`](Self::VerifiedDomain) admits nobody at this point.
    #[must_use]
    pub fn admits_registrant(self, email: &EmailAddress, organization: &Organization) -> bool {
        match self {
            Self::Off | Self::VerifiedDomain => false,
            Self::EmailDomain => {
                organization.settings.auto_join
                    && !email.domain().is_public_mail_domain()
                    && organization.domain.as_ref() == Some(email.domain())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Timestamp, ids::Id};

    fn organization(domain: Option<&str>) -> Organization {
        Organization::new(
            Id::new(Uuid::nil()),
            "Acme".parse().unwrap(),
            domain.map(|d| d.parse().unwrap()),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn an_organization_may_want_nobody_by_address() {
        let mut acme = organization(Some("acme.com"));
        acme.settings.auto_join = false;
        assert!(!AutoJoin::EmailDomain.admits_registrant(&"ada@acme.com".parse().unwrap(), &acme));
    }

    #[test]
    fn who_may_register() {
        use RegistrationMode::{Invited, Named, Open};
        for (mode, unnamed, named) in
            [(Open, true, true), (Named, false, true), (Invited, false, false)]
        {
            assert_eq!((mode.admits(false), mode.admits(true)), (unnamed, named), "{mode:?}");
        }
    }

    #[test]
    fn who_joins_by_address() {
        use AutoJoin::{EmailDomain, Off, VerifiedDomain};
        for (setting, email, domain, joins) in [
            (EmailDomain, "ada@acme.com", Some("acme.com"), true),
            (EmailDomain, "ada@ACME.com", Some("acme.com"), true),
            (EmailDomain, "ada@bücher.example", Some("xn--bcher-kva.example"), true),
            (EmailDomain, "ada@other.com", Some("acme.com"), false),
            (EmailDomain, "ada@mail.acme.com", Some("acme.com"), false),
            (EmailDomain, "ada@evilacme.com", Some("acme.com"), false),
            (EmailDomain, "ada@acme.com", None, false),
            (EmailDomain, "ada@gmail.com", Some("gmail.com"), false),
            (VerifiedDomain, "ada@acme.com", Some("acme.com"), false),
            (Off, "ada@acme.com", Some("acme.com"), false),
        ] {
            let email: EmailAddress = email.parse().unwrap();
            let joined = setting.admits_registrant(&email, &organization(domain));
            assert_eq!(joined, joins, "{setting:?} {email} {domain:?}");
        }
    }
}
