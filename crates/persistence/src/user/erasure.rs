//! Forgetting a user: what is personal of them goes, from wherever it stands. On
//! the audit trail nobody reads it any more, since its key is thrown away when the
//! unit of work is committed; what they did stays, under an id that leads nowhere.

use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Bool, Text},
};
use guildhall_domain::{EmailAddress, UserId};
use uuid::Uuid;

use crate::{
    connection::{DbConnection, on_backend},
    schema::{answered_requests, invitations, mail_queue, one_time_tokens, sessions, users},
    sql_types::{DbId, Id},
};

/// Removes a user who is a member of nothing.
pub(super) fn erase(
    connection: &mut DbConnection,
    id: UserId,
    address: &EmailAddress,
) -> QueryResult<()> {
    let (id, email_key) = (DbId::from(id), address.key());
    forget_queued(connection, address)?;
    forget_answers(connection, address)?;
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
        diesel::delete(users::table.find(id)).execute(c)?;
        Ok(())
    })
}

/// How much is looked through at a time, of which there is no end: what waits for others,
/// and answers, each of which may tell of a thousand addresses.
const QUEUED_AT_ONCE: i64 = 500;
const ANSWERS_AT_ONCE: i64 = 20;

/// Takes mail to the address out of the queue.
fn forget_queued(connection: &mut DbConnection, address: &EmailAddress) -> QueryResult<()> {
    let mut last = Some(DbId(Uuid::nil()));
    while let Some(after) = last {
        let page: Vec<(DbId, Option<String>)> = on_backend!(&mut *connection, |c| {
            mail_queue::table
                .filter(mail_queue::id.gt(after))
                .filter(mail_queue::email.like(of_domain(address)))
                .order(mail_queue::id)
                .limit(QUEUED_AT_ONCE)
                .select((mail_queue::id, mail_queue::email))
                .load(c)
        })?;
        last = page.last().map(|(id, _)| *id);
        for (id, to) in page {
            if to.is_some_and(|to| is_spelling_of(&to, address)) {
                let mail = mail_queue::table.find(id);
                on_backend!(&mut *connection, |c| diesel::delete(mail).execute(c))?;
            }
        }
    }
    Ok(())
}

/// Removes answers to others in which the address stands: they invited it.
fn forget_answers(connection: &mut DbConnection, address: &EmailAddress) -> QueryResult<()> {
    let mut last = Some((DbId(Uuid::nil()), String::new()));
    while let Some((actor, key)) = last {
        let is_later = sql::<Bool>("(actor_id, idempotency_key) > (")
            .bind::<Id, _>(actor)
            .sql(", ")
            .bind::<Text, _>(key)
            .sql(")");
        let page: Vec<(DbId, String, String)> = on_backend!(&mut *connection, |c| {
            answered_requests::table
                .filter(is_later)
                .filter(answered_requests::body.like(of_domain(address)))
                .order((answered_requests::actor_id, answered_requests::idempotency_key))
                .limit(ANSWERS_AT_ONCE)
                .select((
                    answered_requests::actor_id,
                    answered_requests::idempotency_key,
                    answered_requests::body,
                ))
                .load(c)
        })?;
        last = page.last().map(|(actor, key, _)| (*actor, key.clone()));
        for (actor, key, body) in page {
            if body.split('"').any(|word| is_spelling_of(word, address)) {
                let answer = answered_requests::table.find((actor, key));
                on_backend!(&mut *connection, |c| diesel::delete(answer).execute(c))?;
            }
        }
    }
    Ok(())
}

/// What matches every text in which an address of the same domain stands.
fn of_domain(address: &EmailAddress) -> String {
    format!("%@{}%", address.domain())
}

/// Whether a text is the address. No database folds case as addresses do.
fn is_spelling_of(text: &str, address: &EmailAddress) -> bool {
    text.contains('@') && text.parse().is_ok_and(|other: EmailAddress| other == *address)
}
