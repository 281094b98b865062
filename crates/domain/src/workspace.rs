//! The workspace: a unit of work allocated to one organization.

use std::{fmt, str::FromStr};

use crate::{OrganizationId, TextError, Timestamp, WorkspaceId, text};

/// Name of a workspace: 1 to 200 visible characters in NFC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceName(String);

impl WorkspaceName {
    /// The bound on a name, in characters.
    pub const MAX_CHARACTERS: usize = 200;

    /// `Workspace N`: what a workspace is called until somebody names it.
    #[must_use]
    pub fn numbered(number: u32) -> Self {
        Self(format!("Workspace {number}"))
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WorkspaceName {
    type Err = TextError;

    fn from_str(raw: &str) -> Result<Self, TextError> {
        text::clean(raw, Self::MAX_CHARACTERS).map(Self)
    }
}

impl fmt::Display for WorkspaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a workspace is for: up to 2,000 characters in NFC, empty or visible.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// The bound, in characters.
    pub const MAX_CHARACTERS: usize = 2000;

    /// No description.
    #[must_use]
    pub const fn empty() -> Self {
        Self(String::new())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Description {
    type Err = TextError;

    fn from_str(raw: &str) -> Result<Self, TextError> {
        if raw.trim().is_empty() {
            return Ok(Self::empty());
        }
        text::clean(raw, Self::MAX_CHARACTERS).map(Self)
    }
}

/// State of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkspaceStatus {
    /// Allocated and not in use.
    Available,
    /// At work.
    Running,
    /// Halted on purpose.
    Stopped,
    /// Halted by a fault.
    Error,
}

impl WorkspaceStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Available, Self::Running, Self::Stopped, Self::Error];

    /// `available`, `running`, `stopped` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Error => "error",
        }
    }
}

/// A unit of work, counted against the quota of its organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// Its id, for ever.
    pub id: WorkspaceId,
    /// Whose it is.
    pub organization: OrganizationId,
    /// Its name.
    pub name: WorkspaceName,
    /// What it is for; may be empty.
    pub description: Description,
    /// Its state.
    pub status: WorkspaceStatus,
    /// When it was allocated.
    pub created_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: u64,
}

impl Workspace {
    /// An available workspace.
    #[must_use]
    pub const fn new(
        id: WorkspaceId,
        organization: OrganizationId,
        name: WorkspaceName,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            organization,
            name,
            description: Description::empty(),
            status: WorkspaceStatus::Available,
            created_at: now,
            version: 1,
        }
    }
}
