// Lua that Redis runs, each as one step between which nothing else can come. All keys are of one hash slot, and all are declared.

/**
 * A gateway takes its name: with epoch 0 for the first time since it started, else again after an outage.
 * KEYS: epoch of this gateway, gateways alive. ARGV: name, epoch, how long the epoch is kept (ms).
 * Answers with the epoch that is valid: a larger one than was given means that another process has the name now.
 */
export const JOIN = `
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
local epoch = tonumber(ARGV[2])
if epoch == 0 then epoch = known + 1 end
if known > epoch then return known end
redis.call('SET', KEYS[1], string.format('%.0f', epoch), 'PX', ARGV[3])
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
return epoch
`

/**
 * Says where accounts of this gateway stand and reads where those of the others do, at once: of two requests on two gateways, one sees
 * the other's hold. A line is not replaced by an older one, which a connection that was given up may still deliver.
 * KEYS: epoch of this gateway, gateways alive, then accounts. ARGV: name, epoch, number of this message, lease (ms), epoch kept (ms),
 * then for each account how long it is kept (ms) and its line.
 * Answers with the valid epoch, then for each account the lines of the others, after "1" for a gateway that is alive and "0" for one that is not.
 */
export const EXCHANGE = `
local name, epoch, serial = ARGV[1], ARGV[2], tonumber(ARGV[3])
local known = redis.call('GET', KEYS[1]) or '0'
local answer = { known }
if known ~= epoch then return answer end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[2], now, name)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', now - ARGV[4]))
local alive = {}
for i = 3, #KEYS do
  local key = KEYS[i]
  local keep, line = ARGV[2 * i], ARGV[2 * i + 1]
  local before = redis.call('HGET', key, name)
  local beforeEpoch, beforeSerial = string.match(before or '', '^(%d+):(%d+):')
  if beforeEpoch ~= epoch or tonumber(beforeSerial) < serial then
    redis.call('HSET', key, name, epoch .. ':' .. ARGV[3] .. ':' .. line)
    redis.call('PEXPIRE', key, keep)
  end
  local lines = {}
  local all = redis.call('HGETALL', key)
  for j = 1, #all, 2 do
    local other = all[j]
    if other ~= name then
      if alive[other] == nil then alive[other] = redis.call('ZSCORE', KEYS[2], other) and '1' or '0' end
      lines[#lines + 1] = alive[other]
      lines[#lines + 1] = string.match(all[j + 1], '^%d+:%d+:(.*)$') or ''
    end
  end
  answer[#answer + 1] = lines
end
return answer
`
