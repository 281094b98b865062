-- The events by the month of their time, so that old months can be dropped as a
-- whole, and indexes for every filter. The store makes the months when it has
-- migrated and ahead of their time; what no month takes lies in the last table.
ALTER TABLE audit_events RENAME TO audit_events_before;
ALTER TABLE audit_events_before RENAME CONSTRAINT audit_events_pkey TO audit_events_before_pkey;
DROP INDEX audit_events_of_organization;
DROP INDEX audit_events_of_actor;
DROP INDEX audit_events_in_log;
DROP INDEX audit_events_unnumbered;
DROP INDEX audit_events_newest_first;

CREATE TABLE audit_events (
    id              uuid        NOT NULL,
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
    sealed          text        NOT NULL DEFAULT '[]',
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);

-- Row-level security lets no index be used by what might tell of other rows, and takes
-- coalesce for such a thing, but not CASE.
CREATE UNIQUE INDEX audit_events_in_log ON audit_events (
    (CASE WHEN organization_id IS NULL THEN '00000000-0000-0000-0000-000000000000' ELSE organization_id END),
    sequence, occurred_at
) WHERE sequence > 0;
CREATE INDEX audit_events_unnumbered ON audit_events (occurred_at, id) WHERE sequence = 0;
CREATE INDEX audit_events_of_organization ON audit_events (organization_id, occurred_at, id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_id, occurred_at, id);
CREATE INDEX audit_events_of_resource ON audit_events (resource_id, occurred_at, id);
CREATE INDEX audit_events_by_action ON audit_events (action, occurred_at, id);
CREATE INDEX audit_events_refused ON audit_events (organization_id, occurred_at, id)
    WHERE NOT success;

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

-- Behind the table that they are parts of, the months are nobody's: who asks one of
-- them sees nothing. Of the last one, what belongs to a month is moved there.
CREATE TABLE audit_events_default PARTITION OF audit_events DEFAULT;
ALTER TABLE audit_events_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events_default FORCE ROW LEVEL SECURITY;
CREATE POLICY looking ON audit_events_default FOR SELECT USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
);
CREATE POLICY moving ON audit_events_default FOR DELETE USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
);

INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed)
    SELECT id, organization_id, actor_type, actor_id, action, resource_type,
    resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed
    FROM audit_events_before;
DROP TABLE audit_events_before;

-- What stands before the first entry of a log whose older ones were dropped, signed.
CREATE TABLE audit_bases (
    log_id    uuid        NOT NULL PRIMARY KEY,
    size      bigint      NOT NULL CHECK (size > 0),
    head      bytea       NOT NULL CHECK (length(head) = 32),
    made_at   timestamptz NOT NULL,
    key_id    bytea       NOT NULL CHECK (length(key_id) = 8),
    signature text        NOT NULL
);
