-- SPDX-License-Identifier: MIT
-- Fills two tables in memory, indexes them, and asks for joins, groups and strings.
PRAGMA cache_size = -200000;
CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT, number INTEGER);
CREATE TABLE links(source INTEGER, target INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @N@)
INSERT INTO words SELECT i, hex(i * 7919 % 65537) || '-' || i, i * 31 % 1009 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @N@)
INSERT INTO links SELECT i, i * 17 % @N@ + 1, 'from ' || i FROM n;
CREATE INDEX by_word ON words(word);
CREATE INDEX by_target ON links(target);
SELECT number, count(*), max(word), group_concat(substr(word, 1, 3)) FROM words GROUP BY number;
SELECT count(*), sum(length(a.word || b.word || note)) FROM links
  JOIN words a ON a.id = source JOIN words b ON b.id = target;
SELECT upper(word), replace(word, '3', 'three') FROM words ORDER BY word DESC;
UPDATE words SET word = word || '!' WHERE number % 3 = 0;
DELETE FROM links WHERE target % 5 = 0;
SELECT count(DISTINCT word) FROM words;
