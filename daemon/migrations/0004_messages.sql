-- What was said in conversations. `n` only grows, so that a reader who knows the last message misses none.
CREATE TABLE messages (
    n            INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT    NOT NULL UNIQUE,
    conversation TEXT    NOT NULL,
    user         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    content      TEXT    NOT NULL,
    generation   TEXT,
    at           INTEGER NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation, n);
CREATE INDEX messages_generation ON messages (generation) WHERE generation IS NOT NULL;
