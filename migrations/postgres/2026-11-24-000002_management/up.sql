-- Organizations that are managed: what is attached to them, their status,
-- limits and soft deletion; versions of what clients change.

ALTER TABLE organizations ADD COLUMN external_id text UNIQUE;
ALTER TABLE organizations ADD COLUMN metadata text NOT NULL DEFAULT '{}';
ALTER TABLE organizations ADD COLUMN auto_join boolean NOT NULL DEFAULT true;
ALTER TABLE organizations ADD COLUMN is_default boolean NOT NULL DEFAULT false;
UPDATE organizations SET is_default = true
    WHERE id IN (SELECT default_organization_id FROM installation);
ALTER TABLE organizations ADD COLUMN status text NOT NULL DEFAULT 'active'
    CHECK (status IN ('active', 'suspended'));
ALTER TABLE organizations ADD COLUMN users_limit bigint CHECK (users_limit >= 0);
ALTER TABLE organizations ADD COLUMN workspaces_limit bigint CHECK (workspaces_limit >= 0);
ALTER TABLE organizations ADD COLUMN deleted_at timestamptz;
ALTER TABLE organizations ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);

CREATE INDEX organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;

ALTER TABLE memberships ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);

CREATE INDEX memberships_newest_first
    ON memberships (organization_id, joined_at DESC, user_id DESC);

ALTER TABLE workspaces ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version >= 1);

DROP INDEX workspaces_of_organization;
CREATE INDEX workspaces_newest_first ON workspaces (organization_id, created_at DESC, id DESC);
CREATE INDEX workspaces_of_all_newest_first ON workspaces (created_at DESC, id DESC);

-- By which members are found, in any case. The application writes it in the
-- form in which it compares; what is there already gets the nearest that SQL has.
ALTER TABLE users ADD COLUMN name_key text NOT NULL DEFAULT '';
UPDATE users SET name_key = lower(name);
CREATE INDEX users_of_home ON users (home_organization_id);
