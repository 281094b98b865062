-- POST /api/organizations as `bench.py --print-statements` shows it, but for looking up
-- the session, and with made-up values: a new organization for each random n.
\set n random(1, 9007199254740991)
\set pair random(0, :pairs - 1)
SELECT manager AS person, home FROM bench_pairs WHERE n = :pair \gset
BEGIN;
SELECT set_config('guildhall.actor', 'system', true), set_config('guildhall.organizations', '', true);
SELECT * FROM users WHERE id = :person LIMIT 1 FOR UPDATE;
INSERT INTO organizations (id, name, name_key, metadata, auto_join, status, updated_at, version, is_default, users_count, workspaces_count, created_at) VALUES (md5('o' || :n)::uuid, 'Bare ' || :n, 'bare ' || :n, '{}', 't', 'active', now(), 1, 'f', 0, 0, now()) ON CONFLICT DO NOTHING;
UPDATE organizations SET users_count = users_count + 1 WHERE id = md5('o' || :n)::uuid AND deleted_at IS NULL AND status = 'active' AND (users_limit IS NULL OR users_count + 1 <= users_limit);
INSERT INTO memberships (organization_id, user_id, role, source, joined_at, version) VALUES (md5('o' || :n)::uuid, :person, 'owner', 'administrator', now(), 1) ON CONFLICT DO NOTHING;
SELECT * FROM organizations WHERE id = :home LIMIT 1;
SELECT subject, key FROM audit_keys WHERE subject = ANY (ARRAY[sha256('k'::bytea)]);
SELECT size, head, last_at FROM audit_logs WHERE id = md5('o' || :n)::uuid LIMIT 1 FOR UPDATE;
INSERT INTO audit_logs (id, size, head, last_at) VALUES (md5('o' || :n)::uuid, 0, sha256('0'), '1970-01-01 00:00:00+00') ON CONFLICT DO NOTHING;
SELECT size, head, last_at FROM audit_logs WHERE id = md5('o' || :n)::uuid LIMIT 1 FOR UPDATE;
INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type, resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed) VALUES (md5('a' || :n)::uuid, md5('o' || :n)::uuid, 'user', :person, 'organization.created', 'organization', md5('o' || :n)::uuid, '{"name":"Bare"}', '10c61b0f-0cb3-4081-afe4-a28eec5dd722', 't', now(), 1, sha256('0'), sha256('1'), '[{"box":"9oEWL7qt7TyMjAGAB/lFXAbDXL50IzCANgJEGKJIHv18gnHBaq2qzU+ALj46MCL8OQ6HYoifjChZNddtB+IhPyOXVDGeoNExhMXoTAO0x0pJh093ErZrqMesxLpRzLlfLomxiBGIFVGVkwCEj2z8Sd2gapZULgQvHsIkPfGXWGhs4ing","subject":"96a2d5200859eff809dcb59633389ef799809b35eeb7eac5c1a83c37dfbda38e"}]'), (md5('b' || :n)::uuid, md5('o' || :n)::uuid, 'user', :person, 'member.added', 'user', :person, '{"role":"owner","source":"administrator"}', '10c61b0f-0cb3-4081-afe4-a28eec5dd722', 't', now(), 2, sha256('1'), sha256('2'), '[{"box":"9oEWL7qt7TyMjAGAB/lFXAbDXL50IzCANgJEGKJIHv18gnHBaq2qzU+ALj46MCL8OQ6HYoifjChZNddtB+IhPyOXVDGeoNExhMXoTAO0x0pJh093ErZrqMesxLpRzLlfLomxiBGIFVGVkwCEj2z8Sd2gapZULgQvHsIkPfGXWGhs4ing","subject":"96a2d5200859eff809dcb59633389ef799809b35eeb7eac5c1a83c37dfbda38e"}]');
UPDATE audit_logs SET size = 2, head = sha256('2'), last_at = now() WHERE id = md5('o' || :n)::uuid;
COMMIT;
