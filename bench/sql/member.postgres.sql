-- PUT /api/organizations/{id}/members/{user} as `bench.py --print-statements` shows it,
-- but for looking up the session, and with made-up values in the event.
\set n random(1, 9007199254740991)
\set pair random(0, :pairs - 1)
SELECT manager AS person, home, member FROM bench_pairs WHERE n = :pair \gset
BEGIN;
SELECT set_config('guildhall.actor', 'system', true), set_config('guildhall.organizations', '', true);
SELECT id FROM organizations WHERE id = :home LIMIT 1 FOR UPDATE;
SELECT set_config('guildhall.organizations', (SELECT CASE WHEN EXISTS (SELECT FROM memberships WHERE organization_id = :home AND user_id = told.actor::uuid) OR EXISTS (SELECT FROM users WHERE id = told.actor::uuid AND role = 'admin' AND status = 'active') THEN '{' || :home::text || '}' ELSE '{}' END || told.no_scope), true) FROM (SELECT set_config('guildhall.actor', :person::text, true) AS actor, set_config('guildhall.organizations', '', true) AS no_scope OFFSET 0) AS told;
SELECT organizations.*, memberships.role FROM organizations LEFT OUTER JOIN memberships ON memberships.organization_id = organizations.id AND memberships.user_id = :person WHERE organizations.id = :home AND organizations.deleted_at IS NULL LIMIT 1;
SELECT * FROM memberships WHERE organization_id = :home AND user_id = :member LIMIT 1;
SELECT * FROM users WHERE id = :member LIMIT 1 FOR UPDATE;
WITH counted AS (UPDATE organizations SET users_count = users_count + 1 WHERE id = :home AND deleted_at IS NULL AND status = 'active' AND (users_limit IS NULL OR users_count + 1 <= users_limit) RETURNING id, created_at), added AS (INSERT INTO memberships (organization_id, user_id, role, source, joined_at, version, organization_created_at) SELECT id, :member::uuid, 'member', 'administrator', now(), 1, created_at FROM counted ON CONFLICT DO NOTHING RETURNING user_id) SELECT EXISTS (SELECT FROM counted) AS is_counted, EXISTS (SELECT FROM added) AS is_added;
SELECT set_config('guildhall.actor', 'system', true);
SELECT * FROM organizations WHERE id = :home LIMIT 1;
WITH found AS (SELECT subject, key FROM audit_keys WHERE subject = ANY (ARRAY[sha256('k'::bytea)])), made AS (INSERT INTO audit_keys (subject, key) SELECT new.subject, new.key FROM unnest(ARRAY[sha256('k'::bytea)], ARRAY[sha256('v'::bytea)]) AS new (subject, key) WHERE NOT EXISTS (SELECT FROM found WHERE found.subject = new.subject) ORDER BY new.subject ON CONFLICT DO NOTHING RETURNING subject, key) SELECT * FROM found UNION ALL SELECT * FROM made;
WITH found AS (SELECT size, head, last_at FROM audit_logs WHERE id = :home FOR UPDATE), made AS (INSERT INTO audit_logs (id, size, head, last_at) SELECT :home::uuid, 0, sha256('0'), 'epoch' WHERE NOT EXISTS (SELECT FROM found) ON CONFLICT DO NOTHING RETURNING size, head, last_at) SELECT * FROM found UNION ALL SELECT * FROM made;
WITH first AS (INSERT INTO audit_events (id, organization_id, actor_type, actor_id, action, resource_type, resource_id, details, request_id, success, occurred_at, sequence, previous, hash, sealed) VALUES (md5('a' || :n)::uuid, :home, 'user', :person, 'member.added', 'user', :member, '{"role":"member","source":"administrator"}', 'b63f2923-e036-489c-ab2c-7c2236966854', 't', now(), :n, sha256('1'), sha256('2'), '[{"box":"pAGpGHdoVUtnh9RKt1CE5X2YtWT+aOtCx797W5FLKA1gK451yMK/1qwyEL/51xdO707hAifYkghQU+y32fKKjOx3a7U68Z6GecMuWgMv9iITYKASc1WluLloqriYyPAvNpZU7AFJDAGSVzsfk+rDFc4ERGyiINgoY8b7t2XUtdNJdMqjr5jB0D4cz87/DoxZ2Hi3+N9BD6vUNsfpWuK3/yV4","subject":"8728a59eeb84cc05212f4f069dfbd63115c6e463633c41f39a8e0a350286be92"}]')) UPDATE audit_logs SET size = size + 1, head = sha256('2'), last_at = now() WHERE id = :home;
COMMIT;
