DROP TABLE audit_signing_keys;
DROP TABLE audit_checkpoints;
DROP TABLE audit_keys;
DROP TABLE audit_logs;

-- Columns that were dropped come back only at the end of a table; a new one has
-- them where they were.
ALTER TABLE audit_events RENAME TO audit_entries;
DROP INDEX audit_events_newest_first;
DROP INDEX audit_events_unnumbered;
DROP INDEX audit_events_in_log;
DROP INDEX audit_events_of_actor;
DROP INDEX audit_events_of_organization;
CREATE TABLE audit_events (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organization_id BLOB,
    actor_type      TEXT    NOT NULL CHECK (actor_type <> ''),
    actor_id        BLOB,
    actor_email     TEXT,
    action          TEXT    NOT NULL CHECK (action <> ''),
    resource_type   TEXT    NOT NULL CHECK (resource_type <> ''),
    resource_id     BLOB,
    details         TEXT    NOT NULL,
    ip_address      TEXT,
    user_agent      TEXT,
    request_id      TEXT,
    success         INTEGER NOT NULL CHECK (success IN (0, 1)),
    occurred_at     INTEGER NOT NULL
) STRICT;
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at)
    SELECT id, organization_id, actor_type, actor_id, action, resource_type, resource_id, details,
        request_id, success, occurred_at FROM audit_entries;
DROP TABLE audit_entries;
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id);
