-- The second wall between tenants: what a statement sees and changes is decided
-- by two settings that the store makes before it.
--
-- guildhall.actor          'system' for the installation itself, or the id of
--                          the user through whose eyes is looked. Without it
--                          nothing is seen.
-- guildhall.organizations  the array of the organizations in scope; empty text
--                          where the user looks at all that is theirs.
--
-- Within a scope all may be done; without one a user may look, and no more. What
-- does not depend on the row stands in a subquery of its own, so that it is
-- computed once a statement.

-- The application acts as a role that may not bypass this. Roles belong to the
-- cluster: another database may have made it, or be making it now. Where it
-- cannot be had, the owner of the tables is bound by FORCE.
DO $$
DECLARE
    taking_on text := CASE
        WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER'
    END;
BEGIN
    BEGIN
        CREATE ROLE guildhall_application NOLOGIN NOSUPERUSER NOBYPASSRLS;
    EXCEPTION
        WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
    END;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guildhall_application') THEN
        RETURN;
    END IF;
    IF NOT pg_has_role('guildhall_application', taking_on) THEN
        BEGIN
            GRANT guildhall_application TO CURRENT_USER;
        EXCEPTION
            WHEN unique_violation OR insufficient_privilege THEN NULL;
        END;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO guildhall_application', current_schema());
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO guildhall_application',
        current_schema()
    );
    -- And on the tables of later migrations.
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA %I
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO guildhall_application',
        current_schema()
    );
END
$$;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
ALTER TABLE memberships ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships FORCE ROW LEVEL SECURITY;
ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;

CREATE POLICY in_scope ON organizations USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
    OR id = ANY ((SELECT nullif(current_setting('guildhall.organizations', true), '')::uuid[])::uuid[])
);

CREATE POLICY of_viewer ON organizations FOR SELECT USING (
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
            WHERE own.organization_id = organizations.id
                AND own.user_id = (
                    SELECT nullif(nullif(current_setting('guildhall.actor', true), ''), 'system')::uuid
                )
        )
    )
);

CREATE POLICY in_scope ON memberships USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
    OR organization_id = ANY (
        (SELECT nullif(current_setting('guildhall.organizations', true), '')::uuid[])::uuid[]
    )
);

-- It must not ask memberships, which would ask it again.
CREATE POLICY of_viewer ON memberships FOR SELECT USING (
    (
        SELECT coalesce(current_setting('guildhall.organizations', true), '') = ''
            AND current_setting('guildhall.actor', true) <> 'system'
    )
    AND (
        user_id = (
            SELECT nullif(nullif(current_setting('guildhall.actor', true), ''), 'system')::uuid
        )
        OR EXISTS (
            SELECT FROM users AS viewer
            WHERE viewer.id = (
                    SELECT nullif(nullif(current_setting('guildhall.actor', true), ''), 'system')::uuid
                )
                AND viewer.role = 'admin' AND viewer.status = 'active'
        )
    )
);

CREATE POLICY in_scope ON workspaces USING (
    (SELECT current_setting('guildhall.actor', true) = 'system')
    OR organization_id = ANY (
        (SELECT nullif(current_setting('guildhall.organizations', true), '')::uuid[])::uuid[]
    )
);

CREATE POLICY of_viewer ON workspaces FOR SELECT USING (
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
            WHERE own.organization_id = workspaces.organization_id
                AND own.user_id = (
                    SELECT nullif(nullif(current_setting('guildhall.actor', true), ''), 'system')::uuid
                )
        )
    )
);

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
