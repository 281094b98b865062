-- The role stays: it belongs to the cluster, and other databases may have it.
DROP POLICY of_viewer ON audit_events;
DROP POLICY addition ON audit_events;
DROP POLICY in_scope ON audit_events;
DROP POLICY of_viewer ON workspaces;
DROP POLICY in_scope ON workspaces;
DROP POLICY of_viewer ON memberships;
DROP POLICY in_scope ON memberships;
DROP POLICY of_viewer ON organizations;
DROP POLICY in_scope ON organizations;

ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces NO FORCE ROW LEVEL SECURITY;
ALTER TABLE workspaces DISABLE ROW LEVEL SECURITY;
ALTER TABLE memberships NO FORCE ROW LEVEL SECURITY;
ALTER TABLE memberships DISABLE ROW LEVEL SECURITY;
ALTER TABLE organizations NO FORCE ROW LEVEL SECURITY;
ALTER TABLE organizations DISABLE ROW LEVEL SECURITY;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guildhall_application') THEN
        RETURN;
    END IF;
    EXECUTE format(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON TABLES FROM guildhall_application',
        current_schema()
    );
    EXECUTE format(
        'REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM guildhall_application', current_schema()
    );
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM guildhall_application', current_schema());
END
$$;
