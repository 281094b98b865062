//! The audit trail, and what proves it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    Client, Error, OrganizationId, Page, PageRequest, UserId, page::all, request::Request,
};

/// Who did it, or what it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditReference {
    /// Of what kind: `user`, `workspace` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// Of a user, the address that the account had then; none once the user was
    /// deleted.
    #[serde(default)]
    pub email: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// Its id.
    pub id: String,
    /// The organization whose trail it is of; none for the installation's.
    pub organization_id: Option<OrganizationId>,
    /// Its number in that trail.
    pub sequence: u64,
    /// Who did it.
    pub actor: AuditReference,
    /// What, such as `member.added`.
    pub action: String,
    /// To what.
    pub resource: AuditReference,
    /// Particulars, by name.
    pub details: BTreeMap<String, String>,
    /// From where; none once the actor was deleted.
    pub ip_address: Option<String>,
    /// By which client; none once the actor was deleted.
    pub user_agent: Option<String>,
    /// By which request.
    pub request_id: Option<String>,
    /// Whether it was what somebody wanted, and no refusal.
    pub success: bool,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// Its hash in the chain of the trail.
    pub hash: String,
}

/// A signed statement of how far a trail was. Keep it to prove that nothing before
/// it was changed; the crate `guildhall-audit-log` checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditCheckpoint {
    /// When it was made.
    pub at: String,
    /// The hash of the last entry.
    pub head: String,
    /// The name of the key that signed it.
    pub key: String,
    /// `installation`, or the id of the organization.
    pub log: String,
    /// The signature, in base64.
    pub signature: String,
    /// How many entries there were.
    pub size: u64,
}

/// A key that checkpoints are signed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditKey {
    /// Its name.
    pub id: String,
    /// Its public half: 32 bytes in base64.
    pub public_key: String,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: Option<UserId>,
    /// What happened.
    pub action: Option<String>,
    /// What it was done to.
    pub resource: Option<String>,
    /// Not before that.
    pub since: Option<DateTime<Utc>>,
    /// Before that.
    pub until: Option<DateTime<Utc>>,
    /// What was wanted, or what was refused.
    pub success: Option<bool>,
}

/// The calls about the audit trail: of one organization, or of all in which the
/// caller may read it.
#[derive(Debug, Clone, Copy)]
pub struct AuditLogs<'a> {
    pub(crate) client: &'a Client,
    pub(crate) organization: Option<&'a OrganizationId>,
}

impl<'a> AuditLogs<'a> {
    fn request(self, rest: &[&str]) -> Result<Request<'a>, Error> {
        let mut path = vec!["api"];
        if let Some(organization) = self.organization {
            path.extend(["organizations", organization.as_str()]);
        }
        path.push("audit-logs");
        path.extend(rest);
        self.client.request(Method::GET, &path)
    }

    fn listing(self, filter: &AuditFilter) -> Result<Request<'a>, Error> {
        let moment = |moment: &DateTime<Utc>| moment.to_rfc3339_opts(SecondsFormat::Micros, true);
        let AuditFilter { actor, action, resource, since, until, success } = filter;
        Ok(self
            .request(&[])?
            .query("actor", actor.as_ref().map(UserId::as_str))
            .query("action", action.as_deref())
            .query("resource", resource.as_deref())
            .query("since", since.as_ref().map(moment).as_deref())
            .query("until", until.as_ref().map(moment).as_deref())
            .query("success", success.map(|success| success.to_string()).as_deref()))
    }

    /// A page of events, newest first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn list(
        self,
        filter: &AuditFilter,
        page: &PageRequest,
    ) -> Result<Page<AuditEvent>, Error> {
        self.listing(filter)?.page(page).await
    }

    /// Every event, page after page.
    #[must_use]
    pub fn all(self, filter: &AuditFilter) -> BoxStream<'a, Result<AuditEvent, Error>> {
        all(self.listing(filter))
    }

    /// Up to 100 checkpoints over more than `after` entries, the shortest first;
    /// without an organization, of the installation's trail.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn checkpoints(self, after: u64) -> Result<Vec<AuditCheckpoint>, Error> {
        let after = after.to_string();
        self.request(&["checkpoints"])?.query("after", Some(&after)).value().await
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) while there is none; see [`Error`].
    pub async fn latest_checkpoint(self) -> Result<AuditCheckpoint, Error> {
        self.request(&["checkpoints", "latest"])?.value().await
    }

    /// The keys that checkpoints are signed by, the oldest first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn keys(self) -> Result<Vec<AuditKey>, Error> {
        self.client.request(Method::GET, &["api", "audit-logs", "keys"])?.value().await
    }
}
