-- A user's organizations in the order in which they are listed, from an index: the
-- time at which an organization was created never changes, so that it may stand in
-- each of its memberships too.

ALTER TABLE memberships ADD COLUMN organization_created_at timestamptz;
UPDATE memberships AS m SET organization_created_at = o.created_at
    FROM organizations AS o WHERE o.id = m.organization_id;
ALTER TABLE memberships ALTER COLUMN organization_created_at SET NOT NULL;

-- Only the list names the condition, which always holds. Without it this index would
-- be taken as well to look for one membership, and read through from its beginning.
CREATE INDEX memberships_newest_organization_first
    ON memberships (user_id, organization_created_at DESC, organization_id DESC)
    WHERE organization_created_at > '-infinity';

-- Which sessions of a user are live is told by the index alone.
CREATE INDEX sessions_of_user_by_expiry ON sessions (user_id, expires_at);
DROP INDEX sessions_of_user;

-- What it says is as before. OFFSET 0 has each organization looked for by its key,
-- where the planner would first gather all that are the user's.
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
            OFFSET 0
        )
    )
);
