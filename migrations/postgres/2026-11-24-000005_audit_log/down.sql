DROP POLICY numbering ON audit_events;
CREATE POLICY erasure ON audit_events FOR UPDATE USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
);
DROP TABLE audit_signing_keys;
DROP TABLE audit_checkpoints;
DROP TABLE audit_keys;
DROP TABLE audit_logs;
DROP INDEX audit_events_newest_first;
DROP INDEX audit_events_unnumbered;
DROP INDEX audit_events_in_log;
ALTER TABLE audit_events DROP COLUMN sealed;
ALTER TABLE audit_events DROP COLUMN hash;
ALTER TABLE audit_events DROP COLUMN previous;
ALTER TABLE audit_events DROP COLUMN sequence;
ALTER TABLE audit_events ADD COLUMN user_agent text;
ALTER TABLE audit_events ADD COLUMN ip_address text;
ALTER TABLE audit_events ADD COLUMN actor_email text;
