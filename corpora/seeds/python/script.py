#!/usr/bin/env python3
import json, os, re, sys
from dataclasses import dataclass
@dataclass
class A:
    x: int = 1
    def __enter__(self): return self
    def __exit__(self, *a): return True
def g(n, *a, k=None, **kw):
    for i in range(n):
        yield i if i % 2 else -i
async def c(): return [y async for y in z()]
try:
    with A() as a, open('/etc/passwd', 'rb') as f: print(f"{a.x!r:>5}", f.read(9), {**{}}, {i for i in g(3)})
    match [1, 2]:
        case [1, *r] if r: print(re.sub(r'(\w)', r'<\1>', 'ab'), json.dumps({'a': [None, True]}))
except (OSError, ValueError) as e: raise SystemExit(2) from e
finally: assert (lambda q: q)(1), sys.argv; del a
