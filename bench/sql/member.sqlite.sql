-- PUT /api/organizations/{id}/members/{user}, but for looking up the session: what
-- member.postgres.sql has, without what PostgreSQL alone needs.
BEGIN IMMEDIATE;
SELECT organizations.*, memberships.role FROM organizations LEFT OUTER JOIN memberships ON memberships.organization_id = organizations.id AND memberships.user_id = :user WHERE organizations.id = :home AND organizations.deleted_at IS NULL LIMIT 1;
SELECT * FROM memberships WHERE organization_id = :home AND user_id = :member LIMIT 1;
SELECT * FROM users WHERE id = :member LIMIT 1;
UPDATE organizations SET users_count = users_count + 1 WHERE id = :home AND deleted_at IS NULL AND status = 'active' AND (users_limit IS NULL OR users_count + 1 <= users_limit);
INSERT INTO memberships (organization_id, user_id, role, source, joined_at, version, organization_created_at) VALUES (:home, :member, 'member', 'administrator', :now, 1, (SELECT created_at FROM organizations WHERE id = :home)) ON CONFLICT DO NOTHING;
SELECT * FROM organizations WHERE id = :home LIMIT 1;
SELECT subject, key FROM audit_keys WHERE subject IN (:hash);
SELECT size, head, last_at FROM audit_logs WHERE id = :home LIMIT 1;
INSERT INTO audit_logs (id, size, head, last_at) VALUES (:home, 0, :hash, 0) ON CONFLICT DO NOTHING;
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type, resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed) VALUES (:event, :home, 'user', :user, 'member.added', 'user', :member, '{"role":"member","source":"administrator"}', 'b63f2923-e036-489c-ab2c-7c2236966854', 1, :now, :number, :hash, :hash, '[{"box":"9oEWL7qt7TyMjAGAB/lFXAbDXL50IzCANgJEGKJIHv18gnHBaq2qzU+ALj46MCL8OQ6HYoifjChZNddtB+IhPyOXVDGeoNExhMXoTAO0x0pJh093ErZrqMesxLpRzLlfLomxiBGIFVGVkwCEj2z8Sd2gapZULgQvHsIkPfGXWGhs4ing","subject":"96a2d5200859eff809dcb59633389ef799809b35eeb7eac5c1a83c37dfbda38e"}]');
UPDATE audit_logs SET size = size + 1, head = :hash, last_at = :now WHERE id = :home;
COMMIT;
