-- SPDX-License-Identifier: MIT
local words = {}
for i = 1, 50000 do
    local key = "k" .. (i * 7919 % 5003)
    words[key] = (words[key] or "") .. string.char(97 + i % 26)
end
local keys = {}
for key in pairs(words) do keys[#keys + 1] = key end
table.sort(keys)
local sum = 0
for _, key in ipairs(keys) do sum = sum + #words[key] * #key end
print(#keys, sum, (words.k1:gsub("a", "b")))
local threads = {}
for i = 1, 500 do
    threads[i] = coroutine.wrap(function() for j = 1, 10 do coroutine.yield(("x"):rep(i * j)) end end)
end
local length = 0
for _ = 1, 10 do for _, thread in ipairs(threads) do length = length + #thread() end end
print(length, pcall(error, "caught"))
