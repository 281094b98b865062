//! How much an organization may use.

/// What is counted against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Members.
    Users,
    /// Workspaces.
    Workspaces,
    /// Invitations that can be accepted.
    Invitations,
}

impl Resource {
    /// `users`, `workspaces` or `invitations`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Workspaces => "workspaces",
            Self::Invitations => "invitations",
        }
    }
}

/// The limits of an organization; none is no limit. A limit below what is used
/// already takes nothing away: it only lets nothing more in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Members at most.
    pub users: Option<u32>,
    /// Workspaces at most.
    pub workspaces: Option<u32>,
    /// Open invitations at most.
    pub invitations: Option<u32>,
}

/// A limit and what is used of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// What is counted.
    pub resource: Resource,
    /// At most so many; none is no limit.
    pub limit: Option<u32>,
    /// So many there are.
    pub used: u32,
}

impl Quota {
    /// Whether `more` of it fit.
    #[must_use]
    pub fn has_room_for(&self, more: u32) -> bool {
        self.limit.is_none_or(|limit| self.used.checked_add(more).is_some_and(|sum| sum <= limit))
    }

    /// The same with `more` in use.
    #[must_use]
    pub const fn with(self, more: u32) -> Self {
        Self { used: self.used.saturating_add(more), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_ends_at_the_limit() {
        for (limit, used, more, fits) in [
            (None, u32::MAX, 1, true),
            (Some(0), 0, 0, true),
            (Some(0), 0, 1, false),
            (Some(100), 99, 1, true),
            (Some(100), 99, 2, false),
            (Some(100), 120, 1, false),
            (Some(u32::MAX), u32::MAX, 1, false),
        ] {
            let quota = Quota { resource: Resource::Users, limit, used };
            assert_eq!(quota.has_room_for(more), fits, "{quota:?} + {more}");
        }
    }
}
