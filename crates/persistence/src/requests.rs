//! Requests that were answered.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::{
    idempotency::{Answer, IdempotencyKey, RequestFingerprint},
    ports::{AnsweredRequests, Claim, StoreError},
};
use guildhall_domain::{Timestamp, UserId};

use crate::{
    connection::on_backend,
    decode,
    schema::answered_requests,
    sql_types::{DbId, DbTime},
    unit_of_work::DieselUnitOfWork,
};

type AnsweredRow = (Vec<u8>, i64, String, String);

#[async_trait]
impl AnsweredRequests for DieselUnitOfWork {
    async fn claim(
        &mut self,
        actor: UserId,
        key: &IdempotencyKey,
        fingerprint: &RequestFingerprint,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<Claim, StoreError> {
        let row = request(actor, key);
        let claim = (
            answered_requests::actor_id.eq(DbId::from(actor)),
            answered_requests::idempotency_key.eq(key.as_str().to_owned()),
            answered_requests::fingerprint.eq(fingerprint.0.to_vec()),
            answered_requests::answered_at.eq(DbTime(now)),
        );
        let found: Option<AnsweredRow> = self
            .run(move |connection| {
                on_backend!(connection, |c| {
                    let old = row.clone().filter(answered_requests::answered_at.lt(DbTime(since)));
                    diesel::delete(old).execute(c)?;
                    // Waits for whoever has claimed it and is not done.
                    let claimed = diesel::insert_into(answered_requests::table)
                        .values(claim)
                        .on_conflict_do_nothing()
                        .execute(c)?;
                    if claimed > 0 {
                        return Ok(None);
                    }
                    row.select((
                        answered_requests::fingerprint,
                        answered_requests::status,
                        answered_requests::headers,
                        answered_requests::body,
                    ))
                    .first(c)
                    .map(Some)
                })
            })
            .await?;
        found.map_or(Ok(Claim::First), answered)
    }

    async fn keep(
        &mut self,
        actor: UserId,
        key: &IdempotencyKey,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let row = request(actor, key);
        let answer = (
            answered_requests::status.eq(i64::from(answer.status)),
            answered_requests::headers.eq(serde_json::json!(answer.headers).to_string()),
            answered_requests::body.eq(answer.body.clone()),
        );
        self.run(move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(answer).execute(c))
        })
        .await?;
        Ok(())
    }
}

#[diesel::dsl::auto_type]
fn request(actor: UserId, key: &IdempotencyKey) -> _ {
    let (actor, key): (DbId, String) = (actor.into(), key.as_str().to_owned());
    answered_requests::table.find((actor, key))
}

fn answered((fingerprint, status, headers, body): AnsweredRow) -> Result<Claim, StoreError> {
    let fingerprint =
        fingerprint.try_into().map_err(|_| decode::invalid("answered_requests.fingerprint"))?;
    let headers =
        serde_json::from_str(&headers).map_err(|_| decode::invalid("answered_requests.headers"))?;
    let status = decode::count("answered_requests.status", status)?;
    Ok(Claim::Answered(RequestFingerprint(fingerprint), Answer { status, headers, body }))
}
