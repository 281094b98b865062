-- The audit trail as logs that can be proven: each event has its number and hash
-- in the log of its organization, or of the installation. What is personal is
-- sealed under a key of its person.

-- What was written before was personal in the clear, and no version with it was
-- released.
ALTER TABLE audit_events DROP COLUMN actor_email;
ALTER TABLE audit_events DROP COLUMN ip_address;
ALTER TABLE audit_events DROP COLUMN user_agent;
UPDATE audit_events SET details = json_remove(details, '$.email') WHERE details LIKE '%"email"%';

-- Those that have no number yet get one when the migration is done.
ALTER TABLE audit_events ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0 CHECK (sequence >= 0);
ALTER TABLE audit_events ADD COLUMN previous BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit_events ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit_events ADD COLUMN sealed TEXT NOT NULL DEFAULT '[]';

CREATE UNIQUE INDEX audit_events_in_log ON audit_events
    (coalesce(organization_id, x'00000000000000000000000000000000'), sequence) WHERE sequence > 0;
CREATE INDEX audit_events_unnumbered ON audit_events (occurred_at, id) WHERE sequence = 0;
CREATE INDEX audit_events_newest_first ON audit_events (occurred_at DESC, id DESC);

-- How far each log is. The installation's has the id 0.
CREATE TABLE audit_logs (
    id      BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    size    INTEGER NOT NULL CHECK (size >= 0),
    head    BLOB    NOT NULL CHECK (length(head) = 32),
    last_at INTEGER NOT NULL
) STRICT;

-- A person is named by a digest. Without the key nobody reads what is sealed; who
-- was deleted has none, and never gets another.
CREATE TABLE audit_keys (
    subject BLOB NOT NULL PRIMARY KEY CHECK (length(subject) = 32),
    key     BLOB CHECK (length(key) = 32)
) STRICT;

CREATE TABLE audit_checkpoints (
    log_id    BLOB    NOT NULL CHECK (length(log_id) = 16),
    size      INTEGER NOT NULL CHECK (size > 0),
    head      BLOB    NOT NULL CHECK (length(head) = 32),
    made_at   INTEGER NOT NULL,
    key_id    BLOB    NOT NULL CHECK (length(key_id) = 8),
    signature TEXT    NOT NULL,
    PRIMARY KEY (log_id, size)
) STRICT;

CREATE TABLE audit_signing_keys (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 8),
    public_key TEXT    NOT NULL,
    first_used INTEGER NOT NULL
) STRICT;
