@include "x"
@load "readdir"
BEGIN { RS = ""; PROCINFO["sorted_in"] = "@ind_str_asc"; print strftime("%F"), systime(), gensub(/a/, "b", "g"), and(1, 3); s = "/inet/tcp/0/127.0.0.1/1"; s |& getline; switch (1) { case /x/: break; default: nextfile } }
