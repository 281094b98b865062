//! What the calls about organizations take and give.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{OrganizationId, OrganizationRole, Patch, word::words};

words! {
    /// Whether an organization may be used.
    OrganizationStatus {
        /// It may.
        Active = "active",
        /// Its owners may look, nobody may change it.
        Suspended = "suspended",
    }
}

/// An organization in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Its primary domain.
    pub domain: Option<String>,
    /// Number of members.
    pub users_count: u32,
    /// Number of workspaces allocated.
    pub workspaces_count: u32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// A single organization. It reads like that of a list, and has more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrganizationDetails {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: Organization,
    /// Whether it may be used.
    pub status: OrganizationStatus,
    /// Its id in another system.
    pub external_id: Option<String>,
    /// What others attach to it.
    pub metadata: BTreeMap<String, String>,
    /// What it decides for itself.
    pub settings: OrganizationSettings,
    /// When its own fields changed last; the counts are none of them.
    pub updated_at: DateTime<Utc>,
    /// The caller's role in it; `None` for a platform admin who is no member.
    pub your_role: Option<OrganizationRole>,
}

impl std::ops::Deref for OrganizationDetails {
    type Target = Organization;

    fn deref(&self) -> &Organization {
        &self.summary
    }
}

/// What an organization decides for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrganizationSettings {
    /// Whether registrants whose address lies in its domain join it, where the
    /// installation lets them.
    pub auto_join: bool,
}

/// An organization to be created. What may be left out is empty in
/// [`new`](Self::new).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewOrganization {
    /// Its name, unique in any case.
    pub name: String,
    /// Its primary domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its id in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// What to attach to it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The id or the address of the user who becomes its owner, for platform
    /// admins; the caller if nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

impl NewOrganization {
    /// An organization with this name, and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// An organization as it is to be. What is left out is empty, or its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrganizationProfile {
    /// Its name, unique in any case.
    pub name: String,
    /// Its primary domain.
    pub domain: Option<String>,
    /// Its id in another system.
    pub external_id: Option<String>,
    /// What is attached to it.
    pub metadata: BTreeMap<String, String>,
    /// What it decides for itself.
    pub settings: SettingsPatch,
}

impl OrganizationProfile {
    /// An organization with this name, and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What is to change of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OrganizationPatch {
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its primary domain.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub domain: Patch<String>,
    /// Its id in another system.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub external_id: Patch<String>,
    /// Pairs to set, and keys to remove with `None`; to clear it removes all.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub metadata: Patch<BTreeMap<String, Option<String>>>,
    /// What it decides for itself.
    #[serde(skip_serializing_if = "SettingsPatch::is_empty")]
    pub settings: SettingsPatch,
}

/// What an organization is to decide for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SettingsPatch {
    /// Whether registrants whose address lies in its domain join it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_join: Option<bool>,
}

impl SettingsPatch {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A score, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SecurityScore {
    /// 0 to 100: the sum of the points.
    pub score: u8,
    /// What gave them.
    pub checks: Vec<SecurityCheck>,
}

/// One check and what it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SecurityCheck {
    /// Its name.
    pub name: String,
    /// What it gave.
    pub points: u8,
    /// What it can give.
    pub maximum: u8,
    /// What to do where points are missing.
    pub advice: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_tells_absent_from_null() {
        let patch = OrganizationPatch::default();
        assert_eq!(serde_json::to_value(&patch).unwrap(), json!({}));
        let metadata = [("plan", Some("gold".to_owned())), ("trial", None)];
        let patch = OrganizationPatch {
            domain: Patch::Clear,
            external_id: "customer-4711".to_owned().into(),
            metadata: Patch::Set(metadata.map(|(key, text)| (key.to_owned(), text)).into()),
            settings: SettingsPatch { auto_join: Some(false) },
            ..patch
        };
        let expected = json!({
            "domain": null, "external_id": "customer-4711",
            "metadata": {"plan": "gold", "trial": null}, "settings": {"auto_join": false},
        });
        assert_eq!(serde_json::to_value(&patch).unwrap(), expected);
    }

    #[test]
    fn what_is_new_in_an_answer_is_ignored() {
        let details: OrganizationDetails = serde_json::from_value(json!({
            "id": "org-1", "name": "Acme", "domain": null, "users_count": 1,
            "workspaces_count": 0, "created_at": "2026-01-15T10:00:00.000Z",
            "status": "archived", "external_id": null, "metadata": {},
            "settings": {"auto_join": true, "theme": "dark"},
            "updated_at": "2026-01-15T10:00:00.000Z", "your_role": "owner", "colour": "green",
        }))
        .unwrap();
        assert_eq!(details.name, "Acme");
        assert_eq!(details.created_at.to_rfc3339(), "2026-01-15T10:00:00+00:00");
        assert_eq!(details.status, OrganizationStatus::Other("archived".into()));
    }
}
