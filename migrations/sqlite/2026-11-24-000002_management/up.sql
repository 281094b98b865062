-- Organizations that are managed: what is attached to them, their status,
-- limits and soft deletion; versions of what clients change.

ALTER TABLE organizations ADD COLUMN external_id TEXT;
ALTER TABLE organizations ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE organizations ADD COLUMN auto_join INTEGER NOT NULL DEFAULT 1 CHECK (auto_join IN (0, 1));
ALTER TABLE organizations ADD COLUMN is_default INTEGER NOT NULL DEFAULT 0
    CHECK (is_default IN (0, 1));
UPDATE organizations SET is_default = 1
    WHERE id IN (SELECT default_organization_id FROM installation);
ALTER TABLE organizations ADD COLUMN status TEXT NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'suspended'));
ALTER TABLE organizations ADD COLUMN users_limit INTEGER CHECK (users_limit >= 0);
ALTER TABLE organizations ADD COLUMN workspaces_limit INTEGER CHECK (workspaces_limit >= 0);
ALTER TABLE organizations ADD COLUMN deleted_at INTEGER;
ALTER TABLE organizations ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);

-- SQLite adds no column with a UNIQUE of its own.
CREATE UNIQUE INDEX organizations_external_id ON organizations (external_id);
CREATE INDEX organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;

ALTER TABLE memberships ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);

CREATE INDEX memberships_newest_first
    ON memberships (organization_id, joined_at DESC, user_id DESC);

ALTER TABLE workspaces ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1);

DROP INDEX workspaces_of_organization;
CREATE INDEX workspaces_newest_first ON workspaces (organization_id, created_at DESC, id DESC);
CREATE INDEX workspaces_of_all_newest_first ON workspaces (created_at DESC, id DESC);

-- By which members are found, in any case. The application writes it in the
-- form in which it compares; what is there already gets the nearest that SQL has.
ALTER TABLE users ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE users SET name_key = lower(name);
CREATE INDEX users_of_home ON users (home_organization_id);
