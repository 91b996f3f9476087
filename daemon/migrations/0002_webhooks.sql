-- Who is told of what. `old` holds the secrets that still sign for a while, newest first.
CREATE TABLE endpoints (
    id            TEXT PRIMARY KEY,
    url           TEXT    NOT NULL,
    events        TEXT    NOT NULL,
    pipelines     TEXT    NOT NULL,
    labels        TEXT    NOT NULL,
    headers       TEXT    NOT NULL,
    secret        TEXT,
    old           TEXT    NOT NULL,
    active        INTEGER NOT NULL,
    disabled      TEXT,
    configured    INTEGER NOT NULL,
    exhausted     INTEGER NOT NULL,
    failing_since INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) WITHOUT ROWID;

-- One event on its way to one endpoint, with the very bytes that are sent. `target` is the endpoint's id, or the host of a
-- workflow's own URL: what shares a pace. `due_at` is null once it ended, and while its endpoint is off.
CREATE TABLE deliveries (
    n          INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    target     TEXT    NOT NULL,
    endpoint   TEXT,
    url        TEXT,
    workflow   TEXT,
    event_id   TEXT    NOT NULL,
    event_type TEXT    NOT NULL,
    body       BLOB    NOT NULL,
    status     TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    round      INTEGER NOT NULL,
    due_at     INTEGER,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
);
CREATE INDEX deliveries_due ON deliveries (target, due_at, n) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_endpoint ON deliveries (endpoint, n);
CREATE INDEX deliveries_failed ON deliveries (n) WHERE status = 'failed';
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- What became of each attempt: `status` is the answer's, `error` says why there was none.
CREATE TABLE attempts (
    delivery INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    status   INTEGER,
    latency  INTEGER NOT NULL,
    error    TEXT,
    response TEXT    NOT NULL,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

-- Callbacks that were taken, so that a repeated one gets the first answer again.
CREATE TABLE callbacks (
    route  TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    hash   BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body   BLOB    NOT NULL,
    PRIMARY KEY (route, key)
) WITHOUT ROWID;
CREATE INDEX callbacks_at ON callbacks (at);
