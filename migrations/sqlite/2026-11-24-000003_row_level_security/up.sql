-- SQLite has no row-level security. The versions of both databases stay the same.
SELECT 1;
