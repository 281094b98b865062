-- POST /api/organizations, but for looking up the session: what create.postgres.sql has,
-- without what PostgreSQL alone needs.
BEGIN IMMEDIATE;
SELECT * FROM users WHERE id = :user LIMIT 1;
INSERT INTO organizations (id, name, name_key, metadata, auto_join, status, updated_at, version, is_default, users_count, workspaces_count, created_at) VALUES (:new, 'Bare ' || :text, 'bare ' || :text, '{}', 1, 'active', :now, 1, 0, 0, 0, :now) ON CONFLICT DO NOTHING;
UPDATE organizations SET users_count = users_count + 1 WHERE id = :new AND deleted_at IS NULL AND status = 'active' AND (users_limit IS NULL OR users_count + 1 <= users_limit);
INSERT INTO memberships (organization_id, user_id, role, source, joined_at, version, organization_created_at) VALUES (:new, :user, 'owner', 'administrator', :now, 1, (SELECT created_at FROM organizations WHERE id = :new)) ON CONFLICT DO NOTHING;
SELECT * FROM organizations WHERE id = :home LIMIT 1;
SELECT subject, key FROM audit_keys WHERE subject IN (:hash);
SELECT size, head, last_at FROM audit_logs WHERE id = :new LIMIT 1;
INSERT INTO audit_logs (id, size, head, last_at) VALUES (:new, 0, :hash, 0) ON CONFLICT DO NOTHING;
SELECT size, head, last_at FROM audit_logs WHERE id = :new LIMIT 1;
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type, resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed) VALUES (:event, :new, 'user', :user, 'organization.created', 'organization', :new, '{"name":"Bare"}', '10c61b0f-0cb3-4081-afe4-a28eec5dd722', 1, :now, 1, :hash, :hash, '[{"box":"9oEWL7qt7TyMjAGAB/lFXAbDXL50IzCANgJEGKJIHv18gnHBaq2qzU+ALj46MCL8OQ6HYoifjChZNddtB+IhPyOXVDGeoNExhMXoTAO0x0pJh093ErZrqMesxLpRzLlfLomxiBGIFVGVkwCEj2z8Sd2gapZULgQvHsIkPfGXWGhs4ing","subject":"96a2d5200859eff809dcb59633389ef799809b35eeb7eac5c1a83c37dfbda38e"}]'), (:other, :new, 'user', :user, 'member.added', 'user', :user, '{"role":"owner","source":"administrator"}', '10c61b0f-0cb3-4081-afe4-a28eec5dd722', 1, :now, 2, :hash, :hash, '[{"box":"9oEWL7qt7TyMjAGAB/lFXAbDXL50IzCANgJEGKJIHv18gnHBaq2qzU+ALj46MCL8OQ6HYoifjChZNddtB+IhPyOXVDGeoNExhMXoTAO0x0pJh093ErZrqMesxLpRzLlfLomxiBGIFVGVkwCEj2z8Sd2gapZULgQvHsIkPfGXWGhs4ing","subject":"96a2d5200859eff809dcb59633389ef799809b35eeb7eac5c1a83c37dfbda38e"}]');
UPDATE audit_logs SET size = 2, head = :hash, last_at = :now WHERE id = :new;
COMMIT;
