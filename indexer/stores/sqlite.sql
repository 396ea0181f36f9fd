CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- one row a post: its newest revision, with what searches filter and sort by
CREATE TABLE post (
    rowid INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    thread TEXT NOT NULL,
    board TEXT NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    language TEXT,
    position INTEGER NOT NULL,
    posted REAL NOT NULL, -- seconds since 1970: posted_at, or first seen where the board gives no time
    seen REAL NOT NULL,
    revision INTEGER NOT NULL,
    hash TEXT NOT NULL,
    first_seen REAL NOT NULL,
    removed REAL,
    last_seen REAL
);
CREATE INDEX post_thread ON post (source, thread, position);
CREATE INDEX post_newest ON post (posted DESC, id);

CREATE TABLE revision (
    post INTEGER NOT NULL REFERENCES post (rowid) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    content TEXT NOT NULL, -- the Post as JSON
    PRIMARY KEY (post, revision)
) WITHOUT ROWID;

-- writers take turns (BEGIN IMMEDIATE), so the order of seq is the order of commits
CREATE TABLE feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    post INTEGER NOT NULL REFERENCES post (rowid) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    stored REAL NOT NULL,
    removed REAL,
    last_seen REAL
);
CREATE INDEX feed_post ON feed (post);

-- for counting
CREATE INDEX IF NOT EXISTS post_removed ON post (removed) WHERE removed IS NOT NULL;
CREATE INDEX IF NOT EXISTS feed_removed ON feed (seq) WHERE kind = 'removed';

-- words are folded and split in Python; the ascii tokenizer only cuts at the spaces between them
CREATE VIRTUAL TABLE words USING fts5 (title, text, author, content='', tokenize='ascii');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, 'row');

-- what is left of a post that is forgotten: by this it is known when its board still shows it
CREATE TABLE forgotten (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    revision INTEGER NOT NULL,
    first_seen REAL NOT NULL,
    removed INTEGER NOT NULL
) WITHOUT ROWID;
