//! The keys under which what is personal is sealed. They never leave the store.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{prelude::*, result::Error};
use guildhall_audit_log::{PersonalKey, Subject};
use guildhall_domain::{EmailAddress, UserId};

use crate::{
    connection::{DbConnection, on_backend},
    schema::audit_keys,
};

/// The key of each subject; none of one that was forgotten for good.
pub(super) type Keys = BTreeMap<Subject, Option<PersonalKey>>;

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_keys)]
struct KeyRow {
    subject: Vec<u8>,
    key: Option<Vec<u8>>,
}

/// The keys of those subjects that have, or had, one.
pub(super) fn find(
    connection: &mut DbConnection,
    subjects: &BTreeSet<Subject>,
) -> QueryResult<Keys> {
    if subjects.is_empty() {
        return Ok(Keys::new());
    }
    let wanted: Vec<_> = subjects.iter().map(|subject| subject.as_bytes().to_vec()).collect();
    let rows: Vec<KeyRow> = on_backend!(connection, |c| {
        let row = audit_keys::table.filter(audit_keys::subject.eq_any(&wanted));
        row.select(KeyRow::as_select()).load(c)
    })?;
    Ok(keys_of(rows))
}

fn keys_of(rows: Vec<KeyRow>) -> Keys {
    rows.into_iter().filter_map(|row| entry(row.subject, row.key)).collect()
}

/// A subject and its key from their columns.
pub(super) fn entry(
    subject: Vec<u8>,
    key: Option<Vec<u8>>,
) -> Option<(Subject, Option<PersonalKey>)> {
    let subject = Subject::from_bytes(subject.try_into().ok()?);
    Some((subject, key.and_then(|key| key.try_into().ok()).map(PersonalKey::new)))
}

/// Gives a key to each of those subjects that has none among `keys`. A subject comes
/// before another in every transaction, so that two never wait for each other.
pub(super) fn make_lacking(
    connection: &mut DbConnection,
    subjects: &BTreeSet<Subject>,
    keys: &mut Keys,
) -> QueryResult<()> {
    let lacking: BTreeSet<_> =
        subjects.iter().filter(|subject| !keys.contains_key(subject)).copied().collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(lacking.len());
    for subject in &lacking {
        rows.push((
            audit_keys::subject.eq(subject.as_bytes().to_vec()),
            audit_keys::key.eq(Some(random()?.to_vec())),
        ));
    }
    on_backend!(&mut *connection, |c| {
        diesel::insert_into(audit_keys::table).values(rows).on_conflict_do_nothing().execute(c)
    })?;
    // Another transaction may have made some of them meanwhile.
    keys.extend(find(connection, &lacking)?);
    Ok(())
}

/// Throws away the keys of a person: nobody reads any more what is sealed under
/// them, in any copy of the logs. The account never gets another, also from a
/// request that was under way; the address may be somebody's again.
pub(crate) fn forget(
    connection: &mut DbConnection,
    user: UserId,
    address: &EmailAddress,
) -> QueryResult<()> {
    let account = (
        audit_keys::subject.eq(Subject::of_user(user.as_uuid()).as_bytes().to_vec()),
        audit_keys::key.eq(None::<Vec<u8>>),
    );
    let address = Subject::of_address(address.key()).as_bytes().to_vec();
    on_backend!(connection, |c| {
        diesel::insert_into(audit_keys::table)
            .values(account)
            .on_conflict(audit_keys::subject)
            .do_update()
            .set(audit_keys::key.eq(None::<Vec<u8>>))
            .execute(c)?;
        diesel::delete(audit_keys::table.find(address)).execute(c)
    })?;
    Ok(())
}

/// The bytes of a new key.
#[expect(clippy::disallowed_methods, reason = "these keys never leave the store")]
pub(super) fn random() -> QueryResult<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::SerializationError(Box::new(error)))?;
    Ok(bytes)
}
