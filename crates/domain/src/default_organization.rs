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
        if any_organization_exists { None } else { Some(self.plan(callers_organization, 1)) }
    }

    /// What a registration that names no organization brings about: the
    /// default organization, unless the installation has one already.
    ///
    /// `attempt` counts from 1. A name can be held by an organization that
    /// somebody called `Default Organization`; later attempts add a number.
    #[must_use]
    pub fn on_unnamed_registration(
        &self,
        default_organization_exists: bool,
        attempt: u32,
    ) -> Option<DefaultOrganizationPlan> {
        if default_organization_exists { None } else { Some(self.plan(None, attempt)) }
    }

    fn plan(&self, name: Option<&OrganizationName>, attempt: u32) -> DefaultOrganizationPlan {
        let numbered = || match attempt {
            0 | 1 => Self::NAME.to_owned(),
            n => format!("{} {n}", Self::NAME),
        };
        DefaultOrganizationPlan {
            name: name.cloned().unwrap_or_else(|| OrganizationName::made_up(numbered())),
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
        assert_eq!(policy().on_unnamed_registration(true, 1), None);
        for (attempt, name) in [(1, "Default Organization"), (2, "Default Organization 2")] {
            let plan = policy().on_unnamed_registration(false, attempt).unwrap();
            assert_eq!(plan.name.as_str(), name);
        }
    }
}
