def fac: if . <= 1 then 1 else . * (. - 1 | fac) end;
[range(5) | fac] | reduce .[] as $x (0; . + $x)
| try error("x") catch . | @base64 "\(.)" | test("a+"; "x")
