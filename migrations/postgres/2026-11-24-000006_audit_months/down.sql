DROP TABLE audit_bases;

ALTER TABLE audit_events RENAME TO audit_events_by_month;
ALTER TABLE audit_events_by_month RENAME CONSTRAINT audit_events_pkey TO audit_events_by_month_pkey;
DROP INDEX audit_events_in_log;
DROP INDEX audit_events_unnumbered;
DROP INDEX audit_events_of_organization;
DROP INDEX audit_events_of_actor;
DROP INDEX audit_events_of_resource;
DROP INDEX audit_events_by_action;
DROP INDEX audit_events_refused;

CREATE TABLE audit_events (
    id              uuid        NOT NULL PRIMARY KEY,
    organization_id uuid,
    actor_type      text        NOT NULL CHECK (actor_type <> ''),
    actor_id        uuid,
    action          text        NOT NULL CHECK (action <> ''),
    resource_type   text        NOT NULL CHECK (resource_type <> ''),
    resource_id     uuid,
    details         text        NOT NULL,
    request_id      text,
    success         boolean     NOT NULL,
    occurred_at     timestamptz NOT NULL,
    sequence        bigint      NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    previous        bytea       NOT NULL DEFAULT '',
    hash            bytea       NOT NULL DEFAULT '',
    sealed          text        NOT NULL DEFAULT '[]'
);
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;

-- Without policies for more than this, nobody changes or removes an event.
CREATE POLICY in_scope ON audit_events FOR SELECT USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
    OR organization_id = ANY (
        (SELECT nullif(current_setting('guildhall.organizations', true), '')::uuid[])::uuid[]
    )
);

CREATE POLICY addition ON audit_events FOR INSERT WITH CHECK (
    organization_id IS NULL
    OR (SELECT current_setting('guildhall.actor', true) = 'system')
    OR organization_id = ANY (
        (SELECT nullif(current_setting('guildhall.organizations', true), '')::uuid[])::uuid[]
    )
);

CREATE POLICY of_viewer ON audit_events FOR SELECT USING (
    (
        SELECT coalesce(current_setting('guildhall.organizations', true), '') = ''
            AND current_setting('guildhall.actor', true) <> 'system'
    )
    AND (
        EXISTS (
            SELECT FROM users AS viewer
            WHERE viewer.id = (
                    SELECT nullif(nullif(current_setting('guildhall.actor', true), ''), 'system')::uuid
                )
                AND viewer.role = 'admin' AND viewer.status = 'active'
        )
        OR EXISTS (
            SELECT FROM memberships AS own
            WHERE own.organization_id = audit_events.organization_id
                AND own.user_id = (
                    SELECT nullif(nullif(current_setting('guildhall.actor', true), ''), 'system')::uuid
                )
        )
    )
);

CREATE POLICY numbering ON audit_events FOR UPDATE USING (
    (SELECT current_setting('guildhall.actor', true) = 'system') AND sequence = 0
) WITH CHECK (sequence > 0);

INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed)
    SELECT id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed
    FROM audit_events_by_month;
DROP TABLE audit_events_by_month;

CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id);
CREATE UNIQUE INDEX audit_events_in_log ON audit_events
    (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), sequence) WHERE sequence > 0;
CREATE INDEX audit_events_unnumbered ON audit_events (occurred_at, id) WHERE sequence = 0;
CREATE INDEX audit_events_newest_first ON audit_events (occurred_at DESC, id DESC);
