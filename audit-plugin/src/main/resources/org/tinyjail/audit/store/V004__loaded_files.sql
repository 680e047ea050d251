-- Files of code that the executables of a run have mapped: the first of both arrays, and so on.

CREATE TABLE loaded_files (
  run_key     BIGINT PRIMARY KEY REFERENCES run ON DELETE CASCADE,
  executables VARCHAR ARRAY NOT NULL,
  paths       VARCHAR ARRAY NOT NULL
);
