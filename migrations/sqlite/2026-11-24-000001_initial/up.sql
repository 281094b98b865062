-- The foundation: organizations, users, memberships, workspaces, sessions, the
-- audit trail and the serving periods of the nodes.
--
-- Ids are the 16 bytes of a UUID, times are microseconds since 1970 in UTC,
-- truths are 0 or 1.

CREATE TABLE organizations (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name             TEXT    NOT NULL,
    name_key         TEXT    NOT NULL UNIQUE,
    domain           TEXT    UNIQUE,
    users_count      INTEGER NOT NULL DEFAULT 0 CHECK (users_count >= 0),
    workspaces_count INTEGER NOT NULL DEFAULT 0 CHECK (workspaces_count >= 0),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX organizations_newest_first ON organizations (created_at DESC, id DESC);

CREATE TABLE installation (
    id                      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    installed_at            INTEGER NOT NULL,
    default_organization_id BLOB    REFERENCES organizations (id)
) STRICT;

INSERT INTO installation (id, installed_at)
VALUES (1, CAST(unixepoch('subsec') * 1000000 AS INTEGER));

CREATE TABLE users (
    id                    BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    email                 TEXT    NOT NULL,
    email_key             TEXT    NOT NULL UNIQUE,
    name                  TEXT    NOT NULL,
    role                  TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    status                TEXT    NOT NULL CHECK (status IN ('active', 'deactivated')),
    mfa_enabled           INTEGER NOT NULL CHECK (mfa_enabled IN (0, 1)),
    home_organization_id  BLOB    REFERENCES organizations (id),
    intended_organization TEXT,
    password_hash         TEXT    NOT NULL,
    created_at            INTEGER NOT NULL,
    updated_at            INTEGER NOT NULL,
    last_sign_in_at       INTEGER
) STRICT;

CREATE TABLE memberships (
    organization_id BLOB    NOT NULL REFERENCES organizations (id),
    user_id         BLOB    NOT NULL REFERENCES users (id),
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    source          TEXT    NOT NULL CHECK (source <> ''),
    joined_at       INTEGER NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_of_user ON memberships (user_id, organization_id);

CREATE TABLE workspaces (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organization_id BLOB    NOT NULL REFERENCES organizations (id),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('available', 'running', 'stopped', 'error')),
    created_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX workspaces_of_organization ON workspaces (organization_id);

CREATE TABLE sessions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL REFERENCES users (id),
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    ip_address   TEXT,
    user_agent   TEXT
) STRICT;

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- No foreign keys: the trail outlives what it speaks of.
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

CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);

CREATE TABLE serving_periods (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    started_at   INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
) STRICT;

CREATE INDEX serving_periods_by_end ON serving_periods (last_seen_at);
