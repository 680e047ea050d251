#!/usr/bin/awk -f
BEGIN { FS = ":"; OFS = "\t"; n = split("a b c", p); printf "%s %5.2f %c\n", p[1], 3.14159, 65 }
function f(x, y) { return x > 1 ? x * f(x - 1) : 1 }
/^r/ && NF > 2 { c[$1]++; $2 = toupper(substr($1, 1, 2)); print NR, $0 }
NR == 1, NR == 3 { gsub(/[aeiou]+/, "<&>"); if (match($0, /x+/)) next; else delete c["x"] }
END { for (k in c) print k, c[k] | "sort"; close("sort"); exit f(3) % 2 }
