/**
 * Lua that Redis runs in one step: adds withdrawals to the list that gateways have in common, and reads those that came since.
 * The list only grows, so its length is a mark to go on from. It is of an epoch: when Redis has lost it, the next one begins with nothing.
 * KEYS: epoch, list. ARGV: an epoch to begin with when there is none, the epoch of the caller's mark, the mark, how many to read, then
 * withdrawals. Answers with the epoch; and, when it is the caller's, with the length of the list and what follows the mark.
 */
export const EXCHANGE_WITHDRAWALS = `
local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = ARGV[1]
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[1], epoch)
end
if epoch ~= ARGV[2] then return { epoch } end
local length = redis.call('ZCARD', KEYS[2])
for i = 5, #ARGV do
  length = length + redis.call('ZADD', KEYS[2], 'NX', length + 1, ARGV[i])
end
local from = tonumber(ARGV[3])
return { epoch, length, redis.call('ZRANGE', KEYS[2], from, from + ARGV[4] - 1) }
`
