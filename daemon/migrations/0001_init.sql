-- Facts about the database itself: instance, event_floor.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Every pipeline that a workflow was ever submitted with, by the hash of its name and source.
CREATE TABLE pipelines (
    hash   TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    origin TEXT NOT NULL,
    source TEXT NOT NULL
) WITHOUT ROWID;

-- One row a workflow. `doc` holds all of it; the other columns are what listings filter and sort by.
CREATE TABLE workflows (
    n            INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    status       TEXT    NOT NULL,
    pipeline     TEXT    NOT NULL,
    user         TEXT    NOT NULL,
    execution_id TEXT,
    created_at   INTEGER NOT NULL,
    started_at   INTEGER,
    ended_at     INTEGER,
    due_at       INTEGER,
    plan         TEXT    NOT NULL,
    doc          TEXT    NOT NULL
);
CREATE INDEX workflows_active ON workflows (n) WHERE ended_at IS NULL;
CREATE INDEX workflows_due ON workflows (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX workflows_execution ON workflows (execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX workflows_ended ON workflows (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX workflows_ended_status ON workflows (status, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX workflows_ended_pipeline ON workflows (pipeline, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX workflows_user ON workflows (user, n);

CREATE TABLE labels (
    key      TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    workflow INTEGER NOT NULL,
    PRIMARY KEY (key, value, workflow)
) WITHOUT ROWID;
CREATE INDEX labels_workflow ON labels (workflow);

-- Words of ended workflows: name, id, labels, parameters, error.
CREATE VIRTUAL TABLE search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'unicode61', prefix = '3');

-- Stages that could start now, in the order in which they will: smaller rank first.
CREATE TABLE ready (
    signature TEXT    NOT NULL,
    rank      INTEGER NOT NULL,
    workflow  TEXT    NOT NULL,
    stage     INTEGER NOT NULL,
    PRIMARY KEY (signature, rank, workflow, stage)
) WITHOUT ROWID;

-- Attempts that hold slots of a box.
CREATE TABLE leases (
    workflow TEXT    NOT NULL,
    stage    INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    box      TEXT    NOT NULL,
    wants    TEXT    NOT NULL,
    PRIMARY KEY (workflow, stage)
) WITHOUT ROWID;

-- Who waits for whom.
CREATE TABLE dependencies (
    needs    TEXT NOT NULL,
    workflow TEXT NOT NULL,
    PRIMARY KEY (needs, workflow)
) WITHOUT ROWID;
CREATE INDEX dependencies_workflow ON dependencies (workflow);

-- The numbered log of everything that happened. `seq` has no gap.
CREATE TABLE events (
    seq      INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    workflow TEXT,
    user     TEXT,
    kind     TEXT    NOT NULL,
    state    TEXT,
    data     TEXT    NOT NULL
);
CREATE INDEX events_workflow ON events (workflow, seq) WHERE workflow IS NOT NULL;

-- How long stages took: the ground of every estimate.
CREATE TABLE stage_runs (
    n        INTEGER PRIMARY KEY,
    pipeline TEXT    NOT NULL,
    stage    TEXT    NOT NULL,
    ended_at INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    class    TEXT
);
CREATE INDEX stage_runs_ended ON stage_runs (ended_at);

CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    name         TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    scope        TEXT    NOT NULL,
    user         TEXT,
    own          INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) WITHOUT ROWID;

-- First answers to requests with an Idempotency-Key. `status` is null while the first is at work.
CREATE TABLE idempotency (
    scope  TEXT    NOT NULL,
    key    TEXT    NOT NULL,
    hash   BLOB    NOT NULL,
    at     INTEGER NOT NULL,
    status INTEGER,
    body   BLOB,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

-- When each schedule last fired.
CREATE TABLE schedules (
    name     TEXT PRIMARY KEY,
    fired_at INTEGER NOT NULL,
    workflow TEXT
) WITHOUT ROWID;

-- Boxes that finish what runs and take no more.
CREATE TABLE drained (
    box TEXT PRIMARY KEY
) WITHOUT ROWID;
