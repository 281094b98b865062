-- Accounts that are managed and proven, invitations, mail that is to be sent,
-- and requests that were answered.

ALTER TABLE users ADD COLUMN email_verified_at INTEGER;
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);

CREATE INDEX users_newest_first ON users (created_at DESC, id DESC);

ALTER TABLE organizations ADD COLUMN invitations_limit INTEGER CHECK (invitations_limit >= 0);

CREATE TABLE invitations (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organization_id BLOB    NOT NULL REFERENCES organizations (id) CHECK (length(organization_id) = 16),
    email           TEXT    NOT NULL,
    email_key       TEXT    NOT NULL,
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'accepted', 'declined', 'revoked')),
    invited_by      BLOB    REFERENCES users (id) CHECK (length(invited_by) = 16),
    token_hash      BLOB    UNIQUE CHECK (length(token_hash) = 32),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    version         INTEGER NOT NULL CHECK (version >= 1)
) STRICT;

CREATE INDEX invitations_newest_first ON invitations (organization_id, created_at DESC, id DESC);
CREATE INDEX invitations_pending ON invitations (organization_id, expires_at) WHERE status = 'pending';
CREATE INDEX invitations_of_address ON invitations (email_key);
CREATE INDEX invitations_of_inviter ON invitations (invited_by);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

CREATE TABLE one_time_tokens (
    user_id         BLOB    NOT NULL REFERENCES users (id) CHECK (length(user_id) = 16),
    purpose         TEXT    NOT NULL CHECK (purpose <> ''),
    token_hash      BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose)
) STRICT;

CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- What a mail is about is an invitation, a user or an address; it has no secret.
CREATE TABLE mail_queue (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    subject         TEXT    NOT NULL CHECK (subject <> ''),
    invitation_id   BLOB    CHECK (length(invitation_id) = 16),
    user_id         BLOB    CHECK (length(user_id) = 16),
    email           TEXT,
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    queued_at       INTEGER NOT NULL,
    due_at          INTEGER NOT NULL
) STRICT;

CREATE INDEX mail_queue_by_due ON mail_queue (due_at);

-- Without an answer while the request is under way, which nobody else sees.
CREATE TABLE answered_requests (
    actor_id        BLOB    NOT NULL CHECK (length(actor_id) = 16),
    idempotency_key TEXT    NOT NULL,
    fingerprint     BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    answered_at     INTEGER NOT NULL,
    status          INTEGER NOT NULL DEFAULT 0,
    headers         TEXT    NOT NULL DEFAULT '[]',
    body            TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (actor_id, idempotency_key)
) STRICT;

CREATE INDEX answered_requests_by_age ON answered_requests (answered_at);

-- For those who delete what is personal of a user.
CREATE INDEX audit_events_of_actor ON audit_events (actor_id);
