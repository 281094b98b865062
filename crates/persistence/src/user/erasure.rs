//! Forgetting a user: what is personal of them goes, from wherever it stands. On
//! the audit trail nobody reads it any more, since its key is thrown away when the
//! unit of work is committed; what they did stays, under an id that leads nowhere.

use diesel::prelude::*;
use guildhall_domain::{EmailAddress, UserId};

use crate::{
    connection::{DbConnection, on_backend},
    schema::{answered_requests, invitations, mail_queue, one_time_tokens, sessions, users},
    sql_types::DbId,
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

/// Removes answers to others in which the address stands: they invited it.
fn forget_answers(connection: &mut DbConnection, address: &EmailAddress) -> QueryResult<()> {
    let of_domain = answered_requests::body.like(format!("%@{}%", address.domain()));
    let answers: Vec<(DbId, String, String)> = on_backend!(&mut *connection, |c| {
        answered_requests::table
            .filter(of_domain)
            .select((
                answered_requests::actor_id,
                answered_requests::idempotency_key,
                answered_requests::body,
            ))
            .load(c)
    })?;
    for (actor, key, body) in answers {
        let mut words = body.split('"').filter(|word| word.contains('@'));
        if words.any(|word| word.parse().is_ok_and(|other: EmailAddress| other == *address)) {
            let answer = answered_requests::table.find((actor, key));
            on_backend!(&mut *connection, |c| diesel::delete(answer).execute(c))?;
        }
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
