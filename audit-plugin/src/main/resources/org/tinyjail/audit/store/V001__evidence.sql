-- Evidence as of version 1. Times are nanoseconds since the epoch; enumerations are their names.

CREATE TABLE run (
  run_key    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id         VARCHAR NOT NULL UNIQUE,
  kind       VARCHAR NOT NULL,
  profile    VARCHAR NOT NULL,
  executable VARCHAR NOT NULL,
  build_id   VARCHAR NOT NULL,
  command    VARCHAR ARRAY NOT NULL,
  policy     VARCHAR NOT NULL,
  started    BIGINT  NOT NULL,
  ended      BIGINT,
  status     INT,
  exact      BOOLEAN NOT NULL,
  lost       BIGINT  NOT NULL
);
CREATE INDEX run_by_profile ON run (profile);

CREATE TABLE observation (
  run_key    BIGINT  NOT NULL REFERENCES run ON DELETE CASCADE,
  executable VARCHAR NOT NULL,
  arch       VARCHAR NOT NULL,
  syscall    VARCHAR NOT NULL,
  arguments  VARCHAR NOT NULL, -- ArgumentClass
  source     VARCHAR NOT NULL,
  times      BIGINT  NOT NULL,
  first_seen BIGINT  NOT NULL,
  last_seen  BIGINT  NOT NULL,
  sample     VARCHAR NOT NULL
);

-- The last id that was given to a group; none is used again. An identity column would write to the
-- disk at every 32nd row and skip numbers that a person has to type.
CREATE TABLE counter (
  last_group BIGINT NOT NULL
);
INSERT INTO counter VALUES (0);

-- Equal denials over all runs of a profile: what a person decides about.
CREATE TABLE denial_group (
  id         BIGINT PRIMARY KEY,
  digest     BINARY(32) NOT NULL UNIQUE, -- SHA-256 of the six columns below
  profile    VARCHAR NOT NULL,
  executable VARCHAR NOT NULL,
  arch       VARCHAR NOT NULL,
  syscall    VARCHAR NOT NULL,
  arguments  VARCHAR NOT NULL, -- as a person reads them
  action     INT     NOT NULL, -- SECCOMP_RET_ | data
  decision   VARCHAR NOT NULL,
  decided    BIGINT  NOT NULL
);

CREATE TABLE denial (
  run_key     BIGINT  NOT NULL REFERENCES run ON DELETE CASCADE,
  group_id    BIGINT  NOT NULL REFERENCES denial_group,
  call_site   VARCHAR NOT NULL,
  carried_out BOOLEAN NOT NULL,
  comm        VARCHAR NOT NULL,
  pid         INT     NOT NULL,
  data_nr     INT     NOT NULL,
  data_arch   INT     NOT NULL,
  data_ip     BIGINT  NOT NULL,
  data_args   BIGINT ARRAY[6] NOT NULL,
  times       BIGINT  NOT NULL,
  first_seen  BIGINT  NOT NULL,
  last_seen   BIGINT  NOT NULL
);
