-- Accounts that are managed and proven, invitations, mail that is to be sent,
-- and requests that were answered.

ALTER TABLE users ADD COLUMN email_verified_at timestamptz;
ALTER TABLE users ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);

CREATE INDEX users_newest_first ON users (created_at DESC, id DESC);

ALTER TABLE organizations ADD COLUMN invitations_limit bigint CHECK (invitations_limit >= 0);

CREATE TABLE invitations (
    id              uuid        NOT NULL PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organizations (id),
    email           text        NOT NULL,
    email_key       text        NOT NULL,
    role            text        NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    status          text        NOT NULL CHECK (status IN ('pending', 'accepted', 'declined', 'revoked')),
    invited_by      uuid        REFERENCES users (id),
    token_hash      bytea       UNIQUE CHECK (length(token_hash) = 32),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    version         bigint      NOT NULL CHECK (version >= 1)
);

CREATE INDEX invitations_newest_first ON invitations (organization_id, created_at DESC, id DESC);
CREATE INDEX invitations_pending ON invitations (organization_id, expires_at) WHERE status = 'pending';
CREATE INDEX invitations_of_address ON invitations (email_key);
CREATE INDEX invitations_of_inviter ON invitations (invited_by);
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

CREATE TABLE one_time_tokens (
    user_id    uuid        NOT NULL REFERENCES users (id),
    purpose    text        NOT NULL CHECK (purpose <> ''),
    token_hash bytea       NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, purpose)
);

CREATE INDEX one_time_tokens_by_expiry ON one_time_tokens (expires_at);

-- What a mail is about is an invitation, a user or an address; it has no secret.
CREATE TABLE mail_queue (
    id            uuid        NOT NULL PRIMARY KEY,
    subject       text        NOT NULL CHECK (subject <> ''),
    invitation_id uuid,
    user_id       uuid,
    email         text,
    attempts      bigint      NOT NULL CHECK (attempts >= 0),
    queued_at     timestamptz NOT NULL,
    due_at        timestamptz NOT NULL
);

CREATE INDEX mail_queue_by_due ON mail_queue (due_at);

-- Without an answer while the request is under way, which nobody else sees.
CREATE TABLE answered_requests (
    actor_id        uuid        NOT NULL,
    idempotency_key text        NOT NULL,
    fingerprint     bytea       NOT NULL CHECK (length(fingerprint) = 32),
    answered_at     timestamptz NOT NULL,
    status          bigint      NOT NULL DEFAULT 0,
    headers         text        NOT NULL DEFAULT '[]',
    body            text        NOT NULL DEFAULT '',
    PRIMARY KEY (actor_id, idempotency_key)
);

CREATE INDEX answered_requests_by_age ON answered_requests (answered_at);

-- For those who delete what is personal of a user.
CREATE INDEX audit_events_of_actor ON audit_events (actor_id);

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;

CREATE POLICY in_scope ON invitations USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
    OR organization_id = ANY (
        (SELECT nullif(current_setting('guildhall.organizations', true), '')::uuid[])::uuid[]
    )
);

-- To delete what is personal of a user, and nothing else changes an event.
CREATE POLICY erasure ON audit_events FOR UPDATE USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
);
