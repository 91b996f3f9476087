-- A box that was stopped and held nothing: it is gone, but nobody misses it.
ALTER TABLE boxes ADD COLUMN has_left INTEGER NOT NULL DEFAULT 0;
