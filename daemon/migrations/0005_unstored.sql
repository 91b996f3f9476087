-- Workflows whose finished files stayed on this box because the store could not be reached: they are stored later.
CREATE TABLE unstored (
    workflow TEXT PRIMARY KEY,
    stage    TEXT NOT NULL,
    since    INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    error    TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
