-- Who is a user: one row for each, by e-mail address. httpd may read it, and nothing else.
CREATE TABLE people (mail text PRIMARY KEY, name text NOT NULL);
GRANT SELECT ON people TO httpd;
INSERT INTO people VALUES
    ('alice@garex.example', 'alice'), ('bob@garex.example', 'bob'),
    ('carol@garex.example', 'carol'), ('eve@garex.example', 'eve');
