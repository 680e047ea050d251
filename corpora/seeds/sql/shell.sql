.mode csv
.headers on
.import /etc/passwd p
.output /tmp/o
.dump
.backup /tmp/b.db
.restore /tmp/b.db
.read /dev/null
.shell true
.tables
.schema
.open :memory:
.quit
