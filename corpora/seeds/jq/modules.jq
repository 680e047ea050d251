import "m" as m; include "n"; label $f | foreach (1,2) as $i (0; .+$i; if . > 2 then break $f else . end)
