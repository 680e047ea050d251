-- What was read of the kernel's audit log. Times are nanoseconds since the epoch.

CREATE TABLE log_session (
  session_key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id          VARCHAR NOT NULL UNIQUE,
  host        VARCHAR NOT NULL, -- empty: this one
  source      VARCHAR NOT NULL,
  place       VARCHAR NOT NULL,
  boot        VARCHAR NOT NULL,
  started     BIGINT  NOT NULL,
  ended       BIGINT,
  first_made  BIGINT,
  last_made   BIGINT,
  records     BIGINT  NOT NULL, -- LogSession.Counts
  taken       BIGINT  NOT NULL,
  known       BIGINT  NOT NULL,
  refused     BIGINT  NOT NULL
);

CREATE INDEX run_by_executable ON run (executable);

-- The runs that are made of a session: one for each program.
CREATE TABLE log_run (
  run_key     BIGINT PRIMARY KEY REFERENCES run ON DELETE CASCADE,
  session_key BIGINT NOT NULL REFERENCES log_session ON DELETE CASCADE
);
CREATE INDEX log_run_by_session ON log_run (session_key);

-- Which serial numbers were read: SerialBlock. Bits are packed; empty counted: the same as seen.
CREATE TABLE log_block (
  session_key BIGINT NOT NULL REFERENCES log_session ON DELETE CASCADE,
  stretch     INT    NOT NULL,
  number      INT    NOT NULL,
  earliest    BIGINT NOT NULL, -- milliseconds
  latest      BIGINT NOT NULL, -- milliseconds
  seen        VARBINARY NOT NULL,
  counted     VARBINARY NOT NULL,
  PRIMARY KEY (session_key, stretch, number)
);

CREATE TABLE log_gap (
  session_key  BIGINT NOT NULL REFERENCES log_session ON DELETE CASCADE,
  first_serial BIGINT NOT NULL,
  last_serial  BIGINT NOT NULL,
  from_time    BIGINT NOT NULL,
  to_time      BIGINT NOT NULL
);

CREATE TABLE log_loss (
  session_key BIGINT  NOT NULL REFERENCES log_session ON DELETE CASCADE,
  kind        VARCHAR NOT NULL,
  from_time   BIGINT  NOT NULL,
  to_time     BIGINT  NOT NULL,
  records     BIGINT  NOT NULL
);
