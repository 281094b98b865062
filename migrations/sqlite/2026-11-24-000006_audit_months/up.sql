-- The events in the order of their time, with indexes for every filter, and what
-- stands before those that stay when old ones are dropped. (On PostgreSQL they also
-- are a table a month.)
ALTER TABLE audit_events RENAME TO audit_events_before;
DROP INDEX audit_events_of_organization;
DROP INDEX audit_events_of_actor;
DROP INDEX audit_events_in_log;
DROP INDEX audit_events_unnumbered;
DROP INDEX audit_events_newest_first;

CREATE TABLE audit_events (
    id              BLOB    NOT NULL CHECK (length(id) = 16),
    organization_id BLOB,
    actor_type      TEXT    NOT NULL CHECK (actor_type <> ''),
    actor_id        BLOB,
    action          TEXT    NOT NULL CHECK (action <> ''),
    resource_type   TEXT    NOT NULL CHECK (resource_type <> ''),
    resource_id     BLOB,
    details         TEXT    NOT NULL,
    request_id      TEXT,
    success         INTEGER NOT NULL CHECK (success IN (0, 1)),
    occurred_at     INTEGER NOT NULL,
    sequence        INTEGER NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    previous        BLOB    NOT NULL DEFAULT x'',
    hash            BLOB    NOT NULL DEFAULT x'',
    sealed          TEXT    NOT NULL DEFAULT '[]',
    PRIMARY KEY (occurred_at, id)
) STRICT;

INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed)
    SELECT id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed
    FROM audit_events_before ORDER BY occurred_at, id;
DROP TABLE audit_events_before;

CREATE UNIQUE INDEX audit_events_in_log ON audit_events
    (coalesce(organization_id, x'00000000000000000000000000000000'), sequence) WHERE sequence > 0;
CREATE INDEX audit_events_unnumbered ON audit_events (occurred_at, id) WHERE sequence = 0;
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, occurred_at, id);
CREATE INDEX audit_events_of_resource ON audit_events (resource_id, occurred_at, id);
CREATE INDEX audit_events_by_action ON audit_events (action, occurred_at, id);
CREATE INDEX audit_events_refused ON audit_events (organization_id, occurred_at, id)
    WHERE NOT success;

-- What stands before the first entry of a log whose older ones were dropped, signed.
CREATE TABLE audit_bases (
    log_id    BLOB    NOT NULL PRIMARY KEY CHECK (length(log_id) = 16),
    size      INTEGER NOT NULL CHECK (size > 0),
    head      BLOB    NOT NULL CHECK (length(head) = 32),
    made_at   INTEGER NOT NULL,
    key_id    BLOB    NOT NULL CHECK (length(key_id) = 8),
    signature TEXT    NOT NULL
) STRICT;
