-- One row: what this ledger is, and the last number that it gave to a letter.
CREATE TABLE ledger (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    id   TEXT    NOT NULL,
    last INTEGER NOT NULL
);

-- Orders that were taken, until the coordinator has their end. `logged`: the first line of the attempt's log that no letter
-- holds yet. `ended`: the number of the letter that tells the end.
CREATE TABLE orders (
    workflow TEXT    NOT NULL,
    stage    INTEGER NOT NULL,
    attempt  INTEGER NOT NULL,
    doc      TEXT    NOT NULL,
    logged   INTEGER NOT NULL,
    ended    INTEGER,
    PRIMARY KEY (workflow, stage, attempt)
) WITHOUT ROWID;
CREATE INDEX orders_ended ON orders (ended) WHERE ended IS NOT NULL;

-- Letters that the coordinator has not answered yet.
CREATE TABLE letters (
    number INTEGER PRIMARY KEY,
    is_log INTEGER NOT NULL,
    say    TEXT    NOT NULL
);
