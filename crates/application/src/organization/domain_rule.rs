//! Who may give an organization which domain, as long as domains are not proven.

use guildhall_domain::{DomainName, UserRole};

use crate::{Caller, Error, Fault};

/// A platform admin may name any domain that is nobody's mail service; others
/// only that of their own address.
///
/// # Errors
///
/// [`Error::Invalid`] with the fault of the field `domain`.
pub(crate) fn check(caller: &Caller, domain: Option<&DomainName>) -> Result<(), Error> {
    let Some(domain) = domain else { return Ok(()) };
    let fault = if domain.is_public_mail_domain() {
        "must not be a domain at which anybody gets a mailbox"
    } else if caller.user.role != UserRole::Admin && domain != caller.user.email.domain() {
        "must be the domain of your own e-mail address"
    } else {
        return Ok(());
    };
    Err(Error::Invalid(vec![Fault::of_field("domain", fault)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_domain_is_claimed_by_its_own_people() {
        for (role, domain, taken) in [
            (UserRole::User, None, true),
            (UserRole::User, Some("acme.com"), true),
            (UserRole::User, Some("other.com"), false),
            (UserRole::Admin, Some("other.com"), true),
            (UserRole::Admin, Some("gmail.com"), false),
        ] {
            let domain: Option<DomainName> = domain.map(|domain| domain.parse().unwrap());
            let result = check(&testing::caller(role), domain.as_ref());
            assert_eq!(result.is_ok(), taken, "{role:?} {domain:?}");
        }
    }
}
