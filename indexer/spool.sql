CREATE TABLE item (
    seq INTEGER NOT NULL,
    part INTEGER NOT NULL, -- of what a late deposit became
    source TEXT NOT NULL,
    posts INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    added REAL NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (seq, part)
);
CREATE INDEX item_source ON item (source);
CREATE TABLE refused (
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (id, hash)
);
CREATE INDEX refused_at ON refused (at);
