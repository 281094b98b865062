//! Forgetting a user: what is personal of them goes, from wherever it stands.
//! What they did stays on the audit trail, under an id that leads nowhere.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Nullable, Text},
};
use guildhall_domain::{EmailAddress, UserId};

use crate::{
    connection::{DbConnection, on_backend},
    schema::{
        answered_requests, audit_events, invitations, mail_queue, one_time_tokens, sessions, users,
    },
    sql_types::DbId,
};

/// How the address in the particulars of an event is read, and how they are
/// without it.
struct Particulars {
    address: &'static str,
    without: &'static str,
}

const SQLITE: Particulars = Particulars {
    address: "json_extract(details, '$.email')",
    without: "json_remove(details, '$.email')",
};
const POSTGRES: Particulars = Particulars {
    address: "details::jsonb ->> 'email'",
    without: "(details::jsonb - 'email')::text",
};

#[derive(QueryableByName)]
struct AddressRow {
    #[diesel(sql_type = Nullable<Text>)]
    address: Option<String>,
}

/// Removes a user who is a member of nothing.
pub(super) fn erase(
    connection: &mut DbConnection,
    id: UserId,
    address: &EmailAddress,
) -> QueryResult<()> {
    let (id, email_key) = (DbId::from(id), address.key());
    forget_queued(connection, address)?;
    forget_spoken_of(connection, address)?;
    on_backend!(connection, |c| {
        diesel::delete(sessions::table.filter(sessions::user_id.eq(id))).execute(c)?;
        diesel::delete(one_time_tokens::table.filter(one_time_tokens::user_id.eq(id)))
            .execute(c)?;
        diesel::delete(answered_requests::table.filter(answered_requests::actor_id.eq(id)))
            .execute(c)?;
        diesel::delete(mail_queue::table.filter(mail_queue::user_id.eq(id))).execute(c)?;
        diesel::delete(invitations::table.filter(invitations::email_key.eq(email_key)))
            .execute(c)?;
        diesel::update(invitations::table.filter(invitations::invited_by.eq(id)))
            .set(invitations::invited_by.eq(None::<DbId>))
            .execute(c)?;
        diesel::update(audit_events::table.filter(audit_events::actor_id.eq(id)))
            .set((
                audit_events::actor_email.eq(None::<String>),
                audit_events::ip_address.eq(None::<String>),
                audit_events::user_agent.eq(None::<String>),
            ))
            .execute(c)?;
        diesel::delete(users::table.find(id)).execute(c)?;
        Ok(())
    })
}

/// Takes mail to the address out of the queue.
fn forget_queued(connection: &mut DbConnection, address: &EmailAddress) -> QueryResult<()> {
    let queued: Vec<Option<String>> = on_backend!(&mut *connection, |c| {
        let to_addresses = mail_queue::table.filter(mail_queue::email.is_not_null());
        to_addresses.select(mail_queue::email).distinct().load(c)
    })?;
    for spelling in spellings(queued, address) {
        let mail = mail_queue::table.filter(mail_queue::email.eq(spelling));
        on_backend!(&mut *connection, |c| diesel::delete(mail).execute(c))?;
    }
    Ok(())
}

/// Takes the address out of what was said about failed attempts and
/// invitations, and with it where attempts came from. Where somebody else did
/// something from stays.
fn forget_spoken_of(connection: &mut DbConnection, address: &EmailAddress) -> QueryResult<()> {
    let Particulars { address: spoken_of, without } = match connection {
        DbConnection::Sqlite(_) => SQLITE,
        DbConnection::Postgres(_) => POSTGRES,
    };
    let of_domain = sql_query(format!(
        "SELECT DISTINCT {spoken_of} AS address FROM audit_events WHERE {spoken_of} LIKE $1"
    ))
    .bind::<Text, _>(format!("%@{}", address.domain()));
    let found: Vec<AddressRow> = on_backend!(&mut *connection, |c| of_domain.load(c))?;
    for spelling in spellings(found.into_iter().map(|row| row.address), address) {
        let forget = sql_query(format!(
            "UPDATE audit_events SET details = {without}, \
             ip_address = CASE WHEN actor_id IS NULL THEN NULL ELSE ip_address END, \
             user_agent = CASE WHEN actor_id IS NULL THEN NULL ELSE user_agent END \
             WHERE {spoken_of} = $1"
        ))
        .bind::<Text, _>(spelling);
        on_backend!(&mut *connection, |c| forget.execute(c))?;
    }
    Ok(())
}

/// Those texts that are the address. No database folds case as addresses do.
fn spellings(
    texts: impl IntoIterator<Item = Option<String>>,
    address: &EmailAddress,
) -> impl Iterator<Item = String> {
    let is_address =
        |text: &String| text.parse().is_ok_and(|other: EmailAddress| other == *address);
    texts.into_iter().flatten().filter(is_address)
}
