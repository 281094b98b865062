//! The audit trail, to show it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use guildhall_application::{
    PageRequest, Scope,
    ports::{AuditFilter, AuditQueries, AuditRecord, AuditTrail, StoreError},
};
use guildhall_audit_log::{Base, Checkpoint, LogId, Record, SealedBox, Subject, VerifyingKey};
use guildhall_domain::{OrganizationRole, Permission, Standing};

use super::{
    checkpoints,
    keys::{self, Keys},
    row::AuditEventRow,
};
use crate::{
    connection::on_backend,
    keyset::behind,
    schema::{audit_events, audit_signing_keys, memberships, organizations},
    sql_types::{DbId, DbTime},
    store::DieselStore,
    tenancy::Tenancy,
};

#[async_trait]
impl AuditQueries for DieselStore {
    async fn list(
        &self,
        trail: &AuditTrail,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let (trail, filter) = (*trail, filter.clone());
        let tenancy = match &trail {
            AuditTrail::Of(scope) => scope.into(),
            AuditTrail::AccessibleTo(viewer) if viewer.sees_everything() => (*viewer).into(),
            AuditTrail::AccessibleTo(viewer) => Tenancy::AllOf(viewer.user()),
        };
        let rows: Vec<AuditEventRow> = self
            .read(tenancy, move |connection| {
                on_backend!(connection, |c| {
                    let mut query = audit_events::table
                        .select(AuditEventRow::as_select())
                        .order((audit_events::occurred_at.desc(), audit_events::id.desc()))
                        .limit(page.limit.into())
                        .into_boxed();
                    match trail {
                        AuditTrail::Of(scope) => {
                            let organization = DbId::from(scope.organization());
                            query = query.filter(audit_events::organization_id.eq(organization));
                        }
                        AuditTrail::AccessibleTo(viewer) if viewer.sees_everything() => {}
                        AuditTrail::AccessibleTo(viewer) => {
                            let readable = memberships::table
                                .inner_join(
                                    organizations::table
                                        .on(organizations::id.eq(memberships::organization_id)),
                                )
                                .filter(memberships::user_id.eq(DbId::from(viewer.user())))
                                .filter(memberships::role.eq_any(readers()))
                                .filter(organizations::deleted_at.is_null())
                                .filter(organizations::status.eq("active"))
                                .select(memberships::organization_id.nullable());
                            query = query.filter(audit_events::organization_id.eq_any(readable));
                        }
                    }
                    if let Some(actor) = filter.actor {
                        query = query.filter(audit_events::actor_id.eq(DbId::from(actor)));
                    }
                    if let Some(action) = filter.action {
                        query = query.filter(audit_events::action.eq(action.as_str()));
                    }
                    if let Some(resource) = filter.resource {
                        query = query.filter(audit_events::resource_id.eq(DbId(resource)));
                    }
                    if let Some(since) = filter.since {
                        query = query.filter(audit_events::occurred_at.ge(DbTime(since)));
                    }
                    if let Some(until) = filter.until {
                        query = query.filter(audit_events::occurred_at.lt(DbTime(until)));
                    }
                    // Not bound, for the index over what was refused.
                    match filter.success {
                        Some(true) => query = query.filter(sql::<Bool>("success")),
                        Some(false) => query = query.filter(sql::<Bool>("NOT success")),
                        None => {}
                    }
                    if let Some(cursor) = page.after {
                        query = query
                            .filter(behind("audit_events.occurred_at, audit_events.id", cursor));
                    }
                    query.load(c)
                })
            })
            .await?;
        let ids: Vec<_> =
            rows.iter().map(|row| (row.id.into(), row.organization_id.map(Into::into))).collect();
        let records = rows.iter().map(AuditEventRow::record).collect::<Result<Vec<_>, _>>()?;
        let records = self.opened(records).await?;
        let shown = ids.into_iter().zip(records).map(|((id, organization), record)| {
            let sequence = record.entry.sequence;
            AuditRecord { id, organization, sequence, record }
        });
        Ok(shown.collect())
    }

    async fn in_order(
        &self,
        scope: &Scope,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Record>, StoreError> {
        let log = LogId::Organization(scope.organization().as_uuid());
        self.entries_as(scope.into(), log, after, limit).await
    }

    async fn checkpoints(
        &self,
        log: LogId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        checkpoints::list(self, log, after, limit).await
    }

    async fn base(&self, log: LogId) -> Result<Option<Base>, StoreError> {
        checkpoints::base(self, log).await
    }

    async fn last_checkpoint(&self, log: LogId) -> Result<Option<Checkpoint>, StoreError> {
        checkpoints::last(self, log).await
    }

    async fn signing_keys(&self) -> Result<Vec<VerifyingKey>, StoreError> {
        let keys: Vec<String> = self
            .read(Tenancy::Installation, |connection| {
                let keys = audit_signing_keys::table
                    .order(audit_signing_keys::first_used)
                    .select(audit_signing_keys::public_key);
                on_backend!(connection, |c| keys.load(c))
            })
            .await?;
        keys.iter().map(|key| crate::decode::text("audit_signing_keys.public_key", key)).collect()
    }
}

/// The roles that may read the audit trail.
fn readers() -> Vec<&'static str> {
    let reads =
        |role: &OrganizationRole| Standing::Member(*role).grants(Permission::ReadAudit, false);
    OrganizationRole::ALL.iter().filter(|role| reads(role)).map(|role| role.as_str()).collect()
}

impl DieselStore {
    /// The same records with what can be opened of them.
    pub(super) async fn opened(&self, mut records: Vec<Record>) -> Result<Vec<Record>, StoreError> {
        let subjects: BTreeSet<Subject> = records
            .iter()
            .flat_map(|record| record.entry.sealed.iter().map(SealedBox::subject))
            .collect();
        let keys = self
            .read(Tenancy::Installation, move |connection| keys::find(connection, &subjects))
            .await?;
        for record in &mut records {
            record.opened = open(record, &keys);
        }
        Ok(records)
    }
}

fn open(record: &Record, keys: &Keys) -> BTreeMap<String, String> {
    let boxes = record.entry.sealed.iter();
    let texts = boxes.filter_map(|sealed| {
        let key = keys.get(&sealed.subject())?.as_ref()?;
        sealed.open(key).ok()
    });
    texts.flatten().collect()
}
