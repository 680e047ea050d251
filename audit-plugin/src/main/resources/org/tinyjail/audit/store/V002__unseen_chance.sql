-- How likely more is to be seen, as a fuzzer has measured it at the end of a run.

CREATE TABLE unseen_chance (
  run_key    BIGINT PRIMARY KEY REFERENCES run ON DELETE CASCADE,
  executions BIGINT NOT NULL,
  unguided   BIGINT NOT NULL,
  hits       BIGINT NOT NULL,
  upper      DOUBLE PRECISION NOT NULL,
  confidence DOUBLE PRECISION NOT NULL,
  estimate   DOUBLE PRECISION NOT NULL,
  measured   BIGINT NOT NULL
);
