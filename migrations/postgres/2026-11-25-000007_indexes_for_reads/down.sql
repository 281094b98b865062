ALTER POLICY of_viewer ON organizations USING (
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

CREATE INDEX sessions_of_user ON sessions (user_id);
DROP INDEX sessions_of_user_by_expiry;

DROP INDEX memberships_newest_organization_first;
ALTER TABLE memberships DROP COLUMN organization_created_at;
