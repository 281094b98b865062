DROP TABLE audit_bases;

-- The table as the migrations before this one leave it.
ALTER TABLE audit_events RENAME TO audit_events_by_time;
DROP INDEX audit_events_in_log;
DROP INDEX audit_events_unnumbered;
DROP INDEX audit_events_of_organization;
DROP INDEX audit_events_of_actor;
DROP INDEX audit_events_of_resource;
DROP INDEX audit_events_by_action;
DROP INDEX audit_events_refused;
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
ALTER TABLE audit_events DROP COLUMN actor_email;
ALTER TABLE audit_events DROP COLUMN ip_address;
ALTER TABLE audit_events DROP COLUMN user_agent;
ALTER TABLE audit_events ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0 CHECK (sequence >= 0);
ALTER TABLE audit_events ADD COLUMN previous BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit_events ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit_events ADD COLUMN sealed TEXT NOT NULL DEFAULT '[]';
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed)
    SELECT id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed
    FROM audit_events_by_time;
DROP TABLE audit_events_by_time;
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id);
CREATE UNIQUE INDEX audit_events_in_log ON audit_events
    (coalesce(organization_id, x'00000000000000000000000000000000'), sequence) WHERE sequence > 0;
CREATE INDEX audit_events_unnumbered ON audit_events (occurred_at, id) WHERE sequence = 0;
CREATE INDEX audit_events_newest_first ON audit_events (occurred_at DESC, id DESC);
