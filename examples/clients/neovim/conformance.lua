-- Holds whatever carries the protocol to its conformance suite, as ../bash/conformance.sh does, and says so in TAP on standard error:
--   WEIR_AGENT='weir agent --stdio' nvim --clean --headless -S conformance.lua ../../../test/corpus/protocol/*.jsonl
local MAX_MS = 600000
local GOOD = { verb = 'plan', id = 'usable-after-all', calls = { { tool = 'read-file', args = { path = 'README.md' } } } }
local uv, json = vim.loop, vim.json
local command = vim.split(vim.env.WEIR_AGENT or 'weir agent --stdio', ' ')

local function is_list(value) return vim.tbl_islist(value) and getmetatable(value) ~= getmetatable(vim.empty_dict()) end

local function fits(found, wanted)
  if type(wanted) ~= 'table' then return found == wanted end
  if type(found) ~= 'table' or (is_list(wanted) and #found ~= #wanted) then return false end
  for name, value in pairs(wanted) do if not fits(found[name], value) then return false end end
  return true
end

-- What was kept before stands where its name is.
local function filled(value, kept)
  if type(value) ~= 'table' then return value end
  if type(value.kept) == 'string' and vim.tbl_count(value) == 1 then return kept[value.kept] end
  return setmetatable(vim.tbl_map(function(member) return filled(member, kept) end, value), getmetatable(value))
end

local function bytes_of(piece)
  if piece.text then return piece.text end
  if piece.hex then return (piece.hex:gsub('..', function(two) return string.char(tonumber(two, 16)) end)) end
  return json.encode(piece) .. '\n'
end

-- Sends all that a case says and reads all that comes back. A carrier that has gone takes no more: what it answered until then is looked at.
local function answers_to(case)
  local stdin, stdout, pieces, is_over = uv.new_pipe(), uv.new_pipe(), {}, false
  local process = uv.spawn(command[1], { args = vim.list_slice(command, 2), stdio = { stdin, stdout, 2 } }, function() end)
  assert(process, 'the carrier could not be started')
  stdout:read_start(function(_, data)
    if data then table.insert(pieces, data) else is_over = true end
  end)
  for _, piece in ipairs(case.send) do
    if piece['repeat'] then
      local chunk, left = piece['repeat']:rep(1048576), piece.times
      while left > 0 do
        stdin:write(left < #chunk and chunk:sub(1, left) or chunk)
        left = left - #chunk
      end
    else
      stdin:write(bytes_of(piece))
    end
  end
  if not case.last then stdin:write(json.encode(GOOD) .. '\n') end
  stdin:shutdown(function() stdin:close() end)
  assert(vim.wait(MAX_MS, function() return is_over end, 10), 'the carrier did not end')
  stdout:close()
  process:close()
  return vim.tbl_map(json.decode, vim.tbl_filter(function(line) return line ~= '' end, vim.split(table.concat(pieces), '\n')))
end

-- The messages of one request come in the order in which they are expected, with others between.
local function faults_of(case, answers)
  local faults, next_of = {}, {}
  local expected = vim.list_slice(case.expect)
  if not case.last then table.insert(expected, { type = 'end', id = GOOD.id, status = 'allow' }) end
  for _, wanted in ipairs(expected) do
    local id, at = wanted.id == nil and '' or wanted.id, nil
    for index = next_of[id] or 1, #answers do
      if not at and answers[index].id == wanted.id and fits(answers[index], wanted) then at = index end
    end
    if at then next_of[id] = at + 1 else table.insert(faults, 'missing: ' .. json.encode(wanted)) end
  end
  for _, unwanted in ipairs(case.never or {}) do
    for _, answer in ipairs(answers) do
      if answer.id ~= GOOD.id and fits(answer, unwanted) then table.insert(faults, 'unwanted: ' .. json.encode(answer)) end
    end
  end
  return faults
end

local function keep(case, answers, kept, faults)
  for name, place in pairs(case.keep or {}) do
    local value = vim.tbl_filter(function(answer) return fits(answer, place.from) end, answers)[1]
    for _, member in ipairs(place.at) do value = type(value) == 'table' and value[type(member) == 'number' and member + 1 or member] or nil end
    kept[name] = value
    if value == nil then table.insert(faults, 'nothing to keep: ' .. name) end
  end
end

local function say(line) io.stderr:write(line .. '\n') end

local function run()
  local count, failed, kept = 0, 0, {}
  for _, file in ipairs(vim.fn.argv()) do
    for line in io.lines(file) do
      local case = filled(json.decode(line), kept)
      local answers = answers_to(case)
      local faults = faults_of(case, answers)
      keep(case, answers, kept, faults)
      count, failed = count + 1, failed + math.min(1, #faults)
      say(('%s %d - %s'):format(#faults == 0 and 'ok' or 'not ok', count, case.title))
      for _, fault in ipairs(faults) do say('# ' .. fault) end
    end
  end
  say('1..' .. count)
  return failed
end

local ran, failed = pcall(run)
if not ran then say('Bail out! ' .. tostring(failed)) end
vim.cmd(ran and failed == 0 and 'qall!' or 'cquit 1')
