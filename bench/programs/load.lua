-- SPDX-License-Identifier: MIT
-- Trees of tables, strings and closures.
local function tree(depth)
  if depth == 0 then return { leaf = true } end
  return { tree(depth - 1), tree(depth - 1), name = "node " .. depth }
end
local function count(node)
  return node.leaf and 1 or count(node[1]) + count(node[2])
end
local sum = 0
for round = 1, @N@ do
  local words, callbacks = {}, {}
  sum = sum + count(tree(12))
  for i = 1, 5000 do
    words[#words + 1] = ("%d-%s"):format(i, ("x"):rep(i % 50))
    callbacks[i] = function() return words[i]:upper() end
  end
  for i = 1, #callbacks do sum = sum + #callbacks[i]() end
  table.concat(words, ",")
end
print(sum)
