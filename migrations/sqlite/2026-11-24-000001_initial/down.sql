DROP TABLE serving_periods;
DROP TABLE audit_events;
DROP TABLE sessions;
DROP TABLE workspaces;
DROP TABLE memberships;
DROP TABLE users;
DROP TABLE installation;
DROP TABLE organizations;
