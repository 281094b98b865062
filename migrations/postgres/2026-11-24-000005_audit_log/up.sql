-- The audit trail as logs that can be proven: each event has its number and hash
-- in the log of its organization, or of the installation. What is personal is
-- sealed under a key of its person.

-- What was written before was personal in the clear, and no version with it was
-- released.
ALTER TABLE audit_events DROP COLUMN actor_email;
ALTER TABLE audit_events DROP COLUMN ip_address;
ALTER TABLE audit_events DROP COLUMN user_agent;
UPDATE audit_events SET details = (details::jsonb - 'email')::text WHERE details LIKE '%"email"%';

-- Those that have no number yet get one when the migration is done.
ALTER TABLE audit_events ADD COLUMN sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0);
ALTER TABLE audit_events ADD COLUMN previous bytea NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN hash bytea NOT NULL DEFAULT '';
ALTER TABLE audit_events ADD COLUMN sealed text NOT NULL DEFAULT '[]';

CREATE UNIQUE INDEX audit_events_in_log ON audit_events
    (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), sequence) WHERE sequence > 0;
CREATE INDEX audit_events_unnumbered ON audit_events (occurred_at, id) WHERE sequence = 0;
CREATE INDEX audit_events_newest_first ON audit_events (occurred_at DESC, id DESC);

-- How far each log is. The installation's has the id 0.
CREATE TABLE audit_logs (
    id      uuid        NOT NULL PRIMARY KEY,
    size    bigint      NOT NULL CHECK (size >= 0),
    head    bytea       NOT NULL CHECK (length(head) = 32),
    last_at timestamptz NOT NULL
);

-- A person is named by a digest. Without the key nobody reads what is sealed; who
-- was deleted has none, and never gets another.
CREATE TABLE audit_keys (
    subject bytea NOT NULL PRIMARY KEY CHECK (length(subject) = 32),
    key     bytea CHECK (length(key) = 32)
);

CREATE TABLE audit_checkpoints (
    log_id     uuid        NOT NULL,
    size       bigint      NOT NULL CHECK (size > 0),
    head       bytea       NOT NULL CHECK (length(head) = 32),
    made_at    timestamptz NOT NULL,
    key_id     bytea       NOT NULL CHECK (length(key_id) = 8),
    signature  text        NOT NULL,
    PRIMARY KEY (log_id, size)
);

CREATE TABLE audit_signing_keys (
    id         bytea       NOT NULL PRIMARY KEY CHECK (length(id) = 8),
    public_key text        NOT NULL,
    first_used timestamptz NOT NULL
);

DROP POLICY erasure ON audit_events;
CREATE POLICY numbering ON audit_events FOR UPDATE USING (
    (SELECT current_setting('guildhall.actor', true) = 'system') AND sequence = 0
) WITH CHECK (sequence > 0);
