//! The default-organization policy: an installation without any organization
//! gets one from the first user who asks for their list.

use crate::{DomainName, OrganizationName};

/// What the default organization looks like in this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultOrganizationPolicy {
    /// Its domain, unless another organization has that already.
    pub domain: DomainName,
    /// How many workspaces are allocated to it.
    pub workspaces: u32,
}

impl Default for DefaultOrganizationPolicy {
    /// `neogenesys.com`, with five workspaces.
    fn default() -> Self {
        Self { domain: DomainName::made_up("neogenesys.com"), workspaces: 5 }
    }
}

/// A default organization that is to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultOrganizationPlan {
    /// Its name.
    pub name: OrganizationName,
    /// Its domain.
    pub domain: DomainName,
    /// How many workspaces are to be allocated.
    pub workspaces: u32,
}

impl DefaultOrganizationPolicy {
    /// The name of the default organization when its creator's account names none.
    pub const NAME: &'static str = "Default Organization";

    /// What a list request brings about: a default organization if none exists
    /// at all, named after the `organization` field of the caller's account.
    #[must_use]
    pub fn on_list(
        &self,
        any_organization_exists: bool,
        callers_organization: Option<&OrganizationName>,
    ) -> Option<DefaultOrganizationPlan> {
        if any_organization_exists { None } else { Some(self.plan(callers_organization, None)) }
    }

    /// What a registration that names no organization brings about: the
    /// default organization, unless the installation has one already.
    ///
    /// Somebody may have called theirs `Default Organization`. When the name is
    /// taken, ask with a random `distinction`, which is added to it: nobody can
    /// hold all of those names, as they could names that count up.
    #[must_use]
    pub fn on_unnamed_registration(
        &self,
        default_organization_exists: bool,
        distinction: Option<u32>,
    ) -> Option<DefaultOrganizationPlan> {
        if default_organization_exists { None } else { Some(self.plan(None, distinction)) }
    }

    fn plan(
        &self,
        name: Option<&OrganizationName>,
        distinction: Option<u32>,
    ) -> DefaultOrganizationPlan {
        let own = || match distinction {
            None => Self::NAME.to_owned(),
            Some(distinction) => format!("{} {distinction:08x}", Self::NAME),
        };
        DefaultOrganizationPlan {
            name: name.cloned().unwrap_or_else(|| OrganizationName::made_up(own())),
            domain: self.domain.clone(),
            workspaces: self.workspaces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> DefaultOrganizationPolicy {
        DefaultOrganizationPolicy::default()
    }

    #[test]
    fn its_own_domain_is_a_domain() {
        let domain = policy().domain;
        assert_eq!(domain.as_str().parse(), Ok(domain));
    }

    #[test]
    fn the_first_list_creates_it_and_no_other() {
        let acme: OrganizationName = "Acme".parse().unwrap();
        for (exists, callers, created) in [
            (false, None, Some("Default Organization")),
            (false, Some(&acme), Some("Acme")),
            (true, None, None),
            (true, Some(&acme), None),
        ] {
            let plan = policy().on_list(exists, callers);
            assert_eq!(plan.as_ref().map(|p| p.name.as_str()), created);
            if let Some(plan) = plan {
                assert_eq!((plan.domain.as_str(), plan.workspaces), ("neogenesys.com", 5));
            }
        }
    }

    #[test]
    fn an_unnamed_registration_creates_it_once() {
        for (distinction, name) in [
            (None, "Default Organization"),
            (Some(0), "Default Organization 00000000"),
            (Some(0x2a), "Default Organization 0000002a"),
            (Some(u32::MAX), "Default Organization ffffffff"),
        ] {
            assert_eq!(policy().on_unnamed_registration(true, distinction), None);
            let plan = policy().on_unnamed_registration(false, distinction).unwrap();
            assert_eq!(plan.name.as_str(), name);
            assert_eq!(plan.name, name.parse().unwrap());
        }
    }
}
