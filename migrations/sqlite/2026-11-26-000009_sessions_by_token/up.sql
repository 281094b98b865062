-- Nearly every request looks for its session, by the token. The rows lie in the order of
-- tokens now, so that the way through an index leads to the row itself; it led to a
-- number, by which the row was looked for then.
ALTER TABLE sessions RENAME TO sessions_by_number;

CREATE TABLE sessions (
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL REFERENCES users (id),
    token_hash   BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ends_at      INTEGER NOT NULL,
    ip_address   TEXT,
    user_agent   TEXT
) STRICT, WITHOUT ROWID;

INSERT INTO sessions (id, user_id, token_hash, created_at, last_used_at, expires_at, ends_at,
                      ip_address, user_agent)
SELECT id, user_id, token_hash, created_at, last_used_at, expires_at, ends_at,
       ip_address, user_agent
FROM sessions_by_number
ORDER BY token_hash;

DROP TABLE sessions_by_number;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_of_user_by_expiry ON sessions (user_id, expires_at);
