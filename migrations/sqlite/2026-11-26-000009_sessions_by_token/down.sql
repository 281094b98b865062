ALTER TABLE sessions RENAME TO sessions_by_token;

CREATE TABLE sessions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL REFERENCES users (id),
    token_hash   BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    ip_address   TEXT,
    user_agent   TEXT
) STRICT;

INSERT INTO sessions (id, user_id, token_hash, created_at, last_used_at, expires_at, ends_at,
                      ip_address, user_agent)
SELECT id, user_id, token_hash, created_at, last_used_at, expires_at, ends_at,
       ip_address, user_agent
FROM sessions_by_token
ORDER BY created_at, id;

DROP TABLE sessions_by_token;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_of_user_by_expiry ON sessions (user_id, expires_at);
