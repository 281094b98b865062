-- PostgreSQL keeps no table in the order of a key. The versions of both databases stay the
-- same.
SELECT 1;
