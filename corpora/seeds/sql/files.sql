ATTACH DATABASE '/tmp/x.db' AS x; CREATE TABLE x.t(a); INSERT INTO x.t VALUES(zeroblob(9999));
PRAGMA journal_mode=WAL; PRAGMA x.synchronous=FULL; PRAGMA temp_store=FILE; PRAGMA mmap_size=1048576; PRAGMA integrity_check;
CREATE VIRTUAL TABLE f USING fts5(b); VACUUM INTO '/tmp/y.db'; DETACH x;
SELECT readfile('/etc/hostname'), writefile('/tmp/z', 'z'); SELECT load_extension('/nonexistent/e.so');
