package org.tinyjail.audit.store;

/**
 * Every statement of the store; the tables stand in {@code V001__evidence.sql} and its followers.
 */
final class Sql {
  static final String HAS_VERSION =
      "SELECT 1 FROM information_schema.tables"
          + " WHERE table_schema = 'PUBLIC' AND table_name = 'SCHEMA_VERSION'";
  static final String VERSION = "SELECT MAX(version) FROM schema_version";
  static final String CREATE_VERSION =
      "CREATE TABLE schema_version (version INT PRIMARY KEY, applied BIGINT NOT NULL)";
  static final String INSERT_VERSION = "INSERT INTO schema_version VALUES (?, ?)";

  /** Forces what is committed to the disk, so that its source may be removed. */
  static final String SYNC = "CHECKPOINT SYNC";

  private static final String RUNS =
      """
      SELECT r.id, r.kind, r.profile, r.executable, r.build_id, r.command, r.policy, r.started,
             r.ended, r.status, r.exact, r.lost, u.executions, u.unguided, u.hits, u.upper,
             u.confidence, u.estimate, u.measured, f.executables, f.paths
        FROM run r LEFT JOIN unseen_chance u ON u.run_key = r.run_key
             LEFT JOIN loaded_files f ON f.run_key = r.run_key
       %s ORDER BY r.started DESC, r.run_key DESC
      """;
  static final String ALL_RUNS = RUNS.formatted("");
  static final String RUNS_OF_PROFILE = RUNS.formatted("WHERE r.profile = ?");
  static final String RUN_OF_ID = RUNS.formatted("WHERE r.id = ?");
  static final String PROFILES = "SELECT DISTINCT profile FROM run";
  static final String DELETE_RUN = "DELETE FROM run WHERE id = ?";
  static final String INSERT_RUN =
      """
      INSERT INTO run (id, kind, profile, executable, build_id, command, policy, started, ended,
                       status, exact, lost)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;
  static final String INSERT_UNSEEN = "INSERT INTO unseen_chance VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
  static final String INSERT_LOADED = "INSERT INTO loaded_files VALUES (?, ?, ?)";

  private static final String OBSERVATIONS =
      """
      SELECT o.executable, o.arch, o.syscall, o.arguments, o.source, o.times, o.first_seen,
             o.last_seen, o.sample
        FROM run r JOIN observation o ON o.run_key = r.run_key
       WHERE %s ORDER BY r.started, r.run_key, o._rowid_
      """;
  static final String OBSERVATIONS_OF_PROFILE = OBSERVATIONS.formatted("r.profile = ?");
  static final String OBSERVATIONS_OF_RUN = OBSERVATIONS.formatted("r.id = ?");
  static final String INSERT_OBSERVATION =
      "INSERT INTO observation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  private static final String DENIALS =
      """
      SELECT g.id, g.profile, g.executable, g.arch, g.syscall, g.arguments, g.action, g.decision,
             g.decided, d.call_site, d.carried_out, d.comm, d.pid, d.data_nr, d.data_arch,
             d.data_ip, d.data_args, d.times, d.first_seen, d.last_seen
        FROM denial d JOIN denial_group g ON g.id = d.group_id JOIN run r ON r.run_key = d.run_key
       WHERE %s ORDER BY r.started, r.run_key, d._rowid_
      """;
  static final String DENIALS_ASKED_FOR =
      DENIALS.formatted(
          "d.last_seen >= ? AND (LOCATE(?, g.profile) > 0 OR LOCATE(?, g.executable) > 0)");
  static final String DENIALS_OF_RUN = DENIALS.formatted("r.id = ?");
  static final String INSERT_DENIAL =
      "INSERT INTO denial VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  static final String LAST_GROUP = "SELECT last_group FROM counter";
  static final String SET_LAST_GROUP = "UPDATE counter SET last_group = ?";
  static final String GROUP_BY_DIGEST = "SELECT id FROM denial_group WHERE digest = ?";
  static final String INSERT_GROUP =
      """
      INSERT INTO denial_group (digest, profile, executable, arch, syscall, arguments, action,
                                decision, decided, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, 'OPEN', 0, ?)
      """;
  static final String DECIDE = "UPDATE denial_group SET decision = ?, decided = ? WHERE id = ?";
  static final String DELETE_UNUSED_GROUPS =
      """
      DELETE FROM denial_group g WHERE decision = 'OPEN'
         AND NOT EXISTS (SELECT 1 FROM denial d WHERE d.group_id = g.id)
      """;

  static final String SESSION_OF_RUN =
      "SELECT l.session_key FROM log_run l JOIN run r ON r.run_key = l.run_key WHERE r.id = ?";
  static final String DELETE_EMPTY_SESSION =
      """
      DELETE FROM log_session s WHERE session_key = ? AND ended IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM log_run l WHERE l.session_key = s.session_key)
      """;
  static final String OWNERS =
      """
      SELECT profile, id, ended FROM run WHERE executable = ? AND kind IN ('ENFORCE', 'COMPLAIN')
         AND LOCATE('@', id) = 0
         AND started <= ? AND (ended IS NULL OR ended >= ?)
      """;
  static final String SESSION_KEY = "SELECT session_key FROM log_session WHERE id = ?";
  static final String INSERT_SESSION =
      """
      INSERT INTO log_session (host, source, place, boot, started, ended, first_made, last_made,
                               records, taken, known, refused, id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;
  static final String UPDATE_SESSION =
      """
      UPDATE log_session SET host = ?, source = ?, place = ?, boot = ?, started = ?, ended = ?,
             first_made = ?, last_made = ?, records = ?, taken = ?, known = ?, refused = ?
       WHERE id = ?
      """;
  static final String SESSIONS =
      """
      SELECT session_key, id, host, source, place, boot, started, ended, first_made, last_made,
             records, taken, known, refused
        FROM log_session ORDER BY started, session_key
      """;
  static final String INSERT_LOG_RUN = "INSERT INTO log_run VALUES (?, ?)";
  static final String PROGRAMS_OF_SESSION =
      "SELECT r.executable FROM log_run l JOIN run r ON r.run_key = l.run_key"
          + " WHERE l.session_key = ?";
  static final String MERGE_BLOCK =
      "MERGE INTO log_block KEY (session_key, stretch, number) VALUES (?, ?, ?, ?, ?, ?, ?)";
  static final String BLOCKS_OF_SESSION =
      "SELECT stretch, number, earliest, latest, seen, counted FROM log_block"
          + " WHERE session_key = ? AND latest >= ?";
  static final String BLOCKS_AROUND =
      """
      SELECT b.stretch, b.number, b.earliest, b.latest, b.seen, b.counted, s.id
        FROM log_block b JOIN log_session s ON s.session_key = b.session_key
       WHERE s.host = ? AND b.number BETWEEN ? AND ? AND b.latest >= ? AND b.earliest <= ?
      """;
  static final String DELETE_GAPS = "DELETE FROM log_gap WHERE session_key = ?";
  static final String INSERT_GAP = "INSERT INTO log_gap VALUES (?, ?, ?, ?, ?)";
  // Not by _rowid_: with a condition on an indexed column H2 2.4.240 then finds no row at all.
  static final String GAPS =
      "SELECT first_serial, last_serial, from_time, to_time FROM log_gap WHERE session_key = ?"
          + " ORDER BY from_time, first_serial";
  static final String DELETE_LOSSES = "DELETE FROM log_loss WHERE session_key = ?";
  static final String INSERT_LOSS = "INSERT INTO log_loss VALUES (?, ?, ?, ?, ?)";
  static final String LOSSES =
      "SELECT kind, from_time, to_time, records FROM log_loss WHERE session_key = ?"
          + " ORDER BY from_time, to_time, kind";

  private Sql() {}
}
