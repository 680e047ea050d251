#!/usr/bin/lua
local t = setmetatable({1, 2, k = "v", [3] = {}}, {__index = function(_, k) return k end, __gc = print})
for i, v in ipairs(t) do if i > 1 then break elseif v then goto c end ::c:: end
for k in pairs(t) do print(#t, k .. "x", 7 // 2, 7 % 3, 2 ^ 3, 5 & 3 | 1 ~ 2, not nil) end
local co = coroutine.wrap(function(...) local a <const> = coroutine.yield(...) end) co(1)
print(pcall(error, {1}), select('#', 1, 2), string.format("%5.1f %q", 1, "a\n"), ("abc"):gsub("%w", "%0%0"), [==[long]==], load("return 1")())
