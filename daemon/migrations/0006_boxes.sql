-- Boxes that were ever heard of, besides the coordinator's own: what they offered last, and how far their letters are folded.
CREATE TABLE boxes (
    name       TEXT PRIMARY KEY,
    resources  TEXT    NOT NULL,
    labels     TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    joined_at  INTEGER NOT NULL,
    lost_at    INTEGER,
    ledger     TEXT    NOT NULL DEFAULT '',
    folded     INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
