-- The foundation: organizations, users, memberships, workspaces, sessions, the
-- audit trail and the serving periods of the nodes.

CREATE TABLE organizations (
    id               uuid        NOT NULL PRIMARY KEY,
    name             text        NOT NULL,
    name_key         text        NOT NULL UNIQUE,
    domain           text        UNIQUE,
    users_count      bigint      NOT NULL DEFAULT 0 CHECK (users_count >= 0),
    workspaces_count bigint      NOT NULL DEFAULT 0 CHECK (workspaces_count >= 0),
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);

CREATE INDEX organizations_newest_first ON organizations (created_at DESC, id DESC);

CREATE TABLE installation (
    id                      bigint      NOT NULL PRIMARY KEY CHECK (id = 1),
    installed_at            timestamptz NOT NULL,
    default_organization_id uuid        REFERENCES organizations (id)
);

INSERT INTO installation (id, installed_at) VALUES (1, now());

CREATE TABLE users (
    id                    uuid        NOT NULL PRIMARY KEY,
    email                 text        NOT NULL,
    email_key             text        NOT NULL UNIQUE,
    name                  text        NOT NULL,
    role                  text        NOT NULL CHECK (role IN ('user', 'admin')),
    status                text        NOT NULL CHECK (status IN ('active', 'deactivated')),
    mfa_enabled           boolean     NOT NULL,
    home_organization_id  uuid        REFERENCES organizations (id),
    intended_organization text,
    password_hash         text        NOT NULL,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    last_sign_in_at       timestamptz
);

CREATE TABLE memberships (
    organization_id uuid        NOT NULL REFERENCES organizations (id),
    user_id         uuid        NOT NULL REFERENCES users (id),
    role            text        NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    source          text        NOT NULL CHECK (source <> ''),
    joined_at       timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE INDEX memberships_of_user ON memberships (user_id, organization_id);

CREATE TABLE workspaces (
    id              uuid        NOT NULL PRIMARY KEY,
    organization_id uuid        NOT NULL REFERENCES organizations (id),
    name            text        NOT NULL,
    description     text        NOT NULL,
    status          text        NOT NULL CHECK (status IN ('available', 'running', 'stopped', 'error')),
    created_at      timestamptz NOT NULL
);

CREATE INDEX workspaces_of_organization ON workspaces (organization_id);

CREATE TABLE sessions (
    id           uuid        NOT NULL PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES users (id),
    token_hash   bytea       NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    ip_address   text,
    user_agent   text
);

CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- No foreign keys: the trail outlives what it speaks of.
CREATE TABLE audit_events (
    id              uuid        NOT NULL PRIMARY KEY,
    organization_id uuid,
    actor_type      text        NOT NULL CHECK (actor_type <> ''),
    actor_id        uuid,
    actor_email     text,
    action          text        NOT NULL CHECK (action <> ''),
    resource_type   text        NOT NULL CHECK (resource_type <> ''),
    resource_id     uuid,
    details         text        NOT NULL,
    ip_address      text,
    user_agent      text,
    request_id      text,
    success         boolean     NOT NULL,
    occurred_at     timestamptz NOT NULL
);

CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);

CREATE TABLE serving_periods (
    id           uuid        NOT NULL PRIMARY KEY,
    started_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL
);

CREATE INDEX serving_periods_by_end ON serving_periods (last_seen_at);
