#!/usr/bin/env node
'use strict'; import * as fs from 'fs'; export default class A extends Object { #p = 1n; static s = /a(?<n>b)+/giu; get x() { return this.#p ?? 0 } }
const f = async ({a = 1, ...r}, [b] = []) => { for await (const y of g()) { label: while (true) { continue label } } };
function* g() { try { yield* [1, 0x1F, 1e3, `t${a?.b}`] } catch { throw new Error('x') } finally { delete a.b } }
switch (typeof void 0) { case 'undefined': break; default: debugger } let o = {__proto__: null, ['k' + 1]: JSON.stringify({}), 'u\u{41}': 1 << 2 >>> 1}; new Proxy({}, Reflect);
