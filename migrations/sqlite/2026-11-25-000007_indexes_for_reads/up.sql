-- A user's organizations in the order in which they are listed, from an index: the
-- time at which an organization was created never changes, so that it may stand in
-- each of its memberships too.

-- SQLite adds no column that must hold something without a default.
ALTER TABLE memberships ADD COLUMN organization_created_at INTEGER NOT NULL DEFAULT 0;
UPDATE memberships SET organization_created_at =
    (SELECT o.created_at FROM organizations AS o WHERE o.id = memberships.organization_id);

CREATE INDEX memberships_newest_organization_first
    ON memberships (user_id, organization_created_at DESC, organization_id DESC);

-- Which sessions of a user are live is told by the index alone.
CREATE INDEX sessions_of_user_by_expiry ON sessions (user_id, expires_at);
DROP INDEX sessions_of_user;
