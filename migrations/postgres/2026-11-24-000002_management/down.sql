DROP INDEX users_of_home;
ALTER TABLE users DROP COLUMN name_key;

DROP INDEX workspaces_of_all_newest_first;
DROP INDEX workspaces_newest_first;
CREATE INDEX workspaces_of_organization ON workspaces (organization_id);
ALTER TABLE workspaces DROP COLUMN version;

DROP INDEX memberships_newest_first;
ALTER TABLE memberships DROP COLUMN version;

DROP INDEX organizations_deleted;
ALTER TABLE organizations DROP COLUMN version;
ALTER TABLE organizations DROP COLUMN deleted_at;
ALTER TABLE organizations DROP COLUMN workspaces_limit;
ALTER TABLE organizations DROP COLUMN users_limit;
ALTER TABLE organizations DROP COLUMN status;
ALTER TABLE organizations DROP COLUMN is_default;
ALTER TABLE organizations DROP COLUMN auto_join;
ALTER TABLE organizations DROP COLUMN metadata;
ALTER TABLE organizations DROP COLUMN external_id;
