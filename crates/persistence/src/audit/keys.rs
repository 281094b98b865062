//! The keys under which what is personal is sealed. They never leave the store.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use diesel::{prelude::*, result::Error, sql_query, sql_types::Binary};
use guildhall_audit_log::{PersonalKey, Subject};
use guildhall_domain::{EmailAddress, UserId};

use crate::{
    connection::{DbConnection, on_backend},
    prepared::Prepared,
    schema::audit_keys,
};

/// The key of each subject; none of one that was forgotten for good.
pub(super) type Keys = BTreeMap<Subject, Option<PersonalKey>>;

#[derive(Queryable, QueryableByName, Selectable)]
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

/// The keys in one round trip: those that there are, and new ones where there are
/// none, but for those that another transaction makes meanwhile. Made in the order of their
/// subjects, as each transaction does.
fn find_and_make(connection: &mut PgConnection, subjects: &BTreeSet<Subject>) -> QueryResult<Keys> {
    // As many parameters as there are values: PostgreSQL keeps no plan for an array, whose
    // length it does not know before. Some values come twice, so that there are few texts.
    let count = subjects.len().next_power_of_two();
    let listed = |text: fn(usize) -> String| (0..count).map(text).collect::<Vec<_>>().join(", ");
    let (wanted, new) = (
        listed(|n| format!("${}", 2 * n + 1)),
        listed(|n| format!("(${}::bytea, ${}::bytea)", 2 * n + 1, 2 * n + 2)),
    );
    let mut query = sql_query(format!(
        "WITH found AS (SELECT subject, key FROM audit_keys WHERE subject IN ({wanted})), \
         made AS ( \
             INSERT INTO audit_keys (subject, key) \
             SELECT * FROM (VALUES {new}) AS new (subject, key) \
             WHERE NOT EXISTS (SELECT FROM found WHERE found.subject = new.subject) \
             ORDER BY new.subject \
             ON CONFLICT DO NOTHING RETURNING subject, key \
         ) \
         SELECT * FROM found UNION ALL SELECT * FROM made"
    ))
    .into_boxed();
    for subject in subjects.iter().chain(iter::repeat(subjects.last()).flatten()).take(count) {
        query = query
            .bind::<Binary, _>(subject.as_bytes().to_vec())
            .bind::<Binary, _>(random()?.to_vec());
    }
    Prepared(query).load(connection).map(keys_of)
}

fn keys_of(rows: Vec<KeyRow>) -> Keys {
    let keys = rows.into_iter().filter_map(|row| {
        let subject = Subject::from_bytes(row.subject.try_into().ok()?);
        Some((subject, row.key.and_then(|key| key.try_into().ok()).map(PersonalKey::new)))
    });
    keys.collect()
}

/// The keys of all those subjects; who has none gets one. A subject comes before
/// another in every transaction, so that two never wait for each other.
pub(super) fn find_or_make(
    connection: &mut DbConnection,
    subjects: &BTreeSet<Subject>,
) -> QueryResult<Keys> {
    if subjects.is_empty() {
        return Ok(Keys::new());
    }
    let mut keys = match connection {
        DbConnection::Sqlite(_) => find(connection, subjects)?,
        DbConnection::Postgres(c) => find_and_make(c, subjects)?,
    };
    let lacking: BTreeSet<_> =
        subjects.iter().filter(|subject| !keys.contains_key(subject)).copied().collect();
    if lacking.is_empty() {
        return Ok(keys);
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
    Ok(keys)
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

#[expect(clippy::disallowed_methods, reason = "these keys never leave the store")]
fn random() -> QueryResult<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::SerializationError(Box::new(error)))?;
    Ok(bytes)
}
