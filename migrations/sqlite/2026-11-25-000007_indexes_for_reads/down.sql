CREATE INDEX sessions_of_user ON sessions (user_id);
DROP INDEX sessions_of_user_by_expiry;

DROP INDEX memberships_newest_organization_first;
ALTER TABLE memberships DROP COLUMN organization_created_at;
