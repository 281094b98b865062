DROP INDEX audit_events_of_actor;
DROP TABLE answered_requests;
DROP TABLE mail_queue;
DROP TABLE one_time_tokens;
DROP TABLE invitations;
ALTER TABLE organizations DROP COLUMN invitations_limit;
DROP INDEX users_newest_first;
ALTER TABLE users DROP COLUMN version;
ALTER TABLE users DROP COLUMN email_verified_at;
