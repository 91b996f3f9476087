-- Episodes that were worked on: how far, by which workflow, and since when they are known.
CREATE TABLE episodes (
    id            TEXT    PRIMARY KEY,
    stage         TEXT,
    job           TEXT,
    language      TEXT,
    duration      REAL,
    discovered_at INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) WITHOUT ROWID;

-- The clips of an episode, as last found.
CREATE TABLE clips (
    episode  TEXT    NOT NULL,
    clip     TEXT    NOT NULL,
    position INTEGER NOT NULL,
    title    TEXT    NOT NULL,
    start    REAL    NOT NULL,
    stop     REAL    NOT NULL,
    score    REAL    NOT NULL,
    text     TEXT    NOT NULL,
    PRIMARY KEY (episode, clip)
) WITHOUT ROWID;

-- What became of a clip in each form: `pending`, `ready` (then `path`, `size`) or `failed`; `job` is the workflow.
CREATE TABLE renders (
    episode    TEXT    NOT NULL,
    clip       TEXT    NOT NULL,
    variant    TEXT    NOT NULL,
    ratio      TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    path       TEXT,
    size       INTEGER,
    job        TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (episode, clip, variant, ratio)
) WITHOUT ROWID;
CREATE INDEX renders_job ON renders (job);
