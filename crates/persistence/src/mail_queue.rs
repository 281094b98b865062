//! Mail that is to be sent.

use async_trait::async_trait;
use diesel::prelude::*;
use guildhall_application::ports::{MailJob, MailQueue, MailSubject, StoreError};
use guildhall_domain::Timestamp;
use uuid::Uuid;

use crate::{
    connection::{DbConnection, on_backend},
    decode,
    schema::mail_queue,
    sql_types::{DbId, DbTime},
    unit_of_work::DieselUnitOfWork,
};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = mail_queue)]
struct MailRow {
    id: DbId,
    subject: String,
    invitation_id: Option<DbId>,
    user_id: Option<DbId>,
    email: Option<String>,
    attempts: i64,
    queued_at: DbTime,
    due_at: DbTime,
}

const INVITATION: &str = "invitation";
const EMAIL_VERIFICATION: &str = "email_verification";
const PASSWORD_RESET: &str = "password_reset";

impl From<&MailJob> for MailRow {
    fn from(job: &MailJob) -> Self {
        let (subject, invitation_id, user_id, email) = match &job.subject {
            MailSubject::Invitation(id) => (INVITATION, Some((*id).into()), None, None),
            MailSubject::EmailVerification(id) => {
                (EMAIL_VERIFICATION, None, Some((*id).into()), None)
            }
            MailSubject::PasswordReset(email) => {
                (PASSWORD_RESET, None, None, Some(email.as_str().to_owned()))
            }
        };
        Self {
            id: DbId(job.id),
            subject: subject.to_owned(),
            invitation_id,
            user_id,
            email,
            attempts: job.attempts.into(),
            queued_at: DbTime(job.queued_at),
            due_at: DbTime(job.queued_at),
        }
    }
}

impl TryFrom<MailRow> for MailJob {
    type Error = StoreError;

    fn try_from(row: MailRow) -> Result<Self, StoreError> {
        let subject = match (row.subject.as_str(), row.invitation_id, row.user_id, &row.email) {
            (INVITATION, Some(id), ..) => MailSubject::Invitation(id.into()),
            (EMAIL_VERIFICATION, _, Some(id), _) => MailSubject::EmailVerification(id.into()),
            (PASSWORD_RESET, _, _, Some(email)) => {
                MailSubject::PasswordReset(decode::text("mail_queue.email", email)?)
            }
            _ => return Err(decode::invalid("mail_queue.subject")),
        };
        Ok(Self {
            id: row.id.0,
            subject,
            attempts: decode::count("mail_queue.attempts", row.attempts)?,
            queued_at: row.queued_at.0,
        })
    }
}

#[async_trait]
impl MailQueue for DieselUnitOfWork {
    async fn enqueue(&mut self, jobs: &[MailJob]) -> Result<(), StoreError> {
        let rows: Vec<_> = jobs.iter().map(MailRow::from).collect();
        self.run(move |connection| {
            on_backend!(connection, |c| {
                diesel::insert_into(mail_queue::table).values(rows).execute(c)
            })
        })
        .await?;
        Ok(())
    }

    async fn claim(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<MailJob>, StoreError> {
        let due = mail_queue::table
            .filter(mail_queue::due_at.le(DbTime(now)))
            .order(mail_queue::due_at)
            .limit(limit.into())
            .select(mail_queue::id);
        let claimed = (
            mail_queue::due_at.eq(DbTime(until)),
            mail_queue::attempts.eq(mail_queue::attempts + 1),
        );
        let rows: Vec<MailRow> = self
            .run(move |connection| {
                // Nodes that come for mail at once each take other mail.
                let ids: Vec<DbId> = match connection {
                    DbConnection::Sqlite(c) => due.load(c)?,
                    DbConnection::Postgres(c) => due.for_update().skip_locked().load(c)?,
                };
                let mine = mail_queue::table.filter(mail_queue::id.eq_any(ids));
                on_backend!(connection, |c| {
                    diesel::update(mine)
                        .set(claimed)
                        .returning(MailRow::as_returning())
                        .get_results(c)
                })
            })
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn put_off(&mut self, id: Uuid, due_at: Timestamp) -> Result<(), StoreError> {
        let row = mail_queue::table.find(DbId(id));
        let due_at = mail_queue::due_at.eq(DbTime(due_at));
        self.run(move |connection| {
            on_backend!(connection, |c| diesel::update(row).set(due_at).execute(c))
        })
        .await?;
        Ok(())
    }

    async fn remove(&mut self, id: Uuid) -> Result<(), StoreError> {
        let row = mail_queue::table.find(DbId(id));
        self.run(move |connection| on_backend!(connection, |c| diesel::delete(row).execute(c)))
            .await?;
        Ok(())
    }
}
