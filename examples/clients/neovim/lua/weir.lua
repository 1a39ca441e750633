-- Weir's tools in Neovim: plans, diffs and approval prompts, by the wire protocol on standard input and output.
local M = {
  command = { 'weir', 'agent', '--stdio' },
  wait_ms = 600000, -- how long a request waits for a second person when the user says so
}

local job, rest, last, open = nil, '', 0, {}

local function take(line)
  local ok, answer = pcall(vim.json.decode, line)
  local request = ok and open[answer.id] or nil
  if not request then return end
  if answer.type ~= 'end' then return request.on_answer(answer) end
  open[answer.id] = nil
  request.on_end(answer.status)
end

local function ended()
  local left = open
  job, rest, open = nil, '', {}
  for _, request in pairs(left) do request.on_end('failed') end
end

local function send(message) vim.fn.chansend(job, vim.json.encode(message) .. '\n') end

local function connect()
  if job then return end
  job = vim.fn.jobstart(M.command, {
    -- The first piece goes on with the last line of before; the last one is not over yet.
    on_stdout = function(_, pieces)
      pieces[1] = rest .. pieces[1]
      rest = table.remove(pieces)
      for _, line in ipairs(pieces) do if line ~= '' then take(line) end end
    end,
    on_stderr = function(_, lines) if #lines > 1 then vim.notify(table.concat(lines, '\n'), vim.log.levels.WARN) end end,
    on_exit = ended,
  })
  assert(job > 0, 'weir could not be started')
  send({ verb = 'hello', protocol = 1, client = 'nvim-weir/1', renders = { 'diff', 'plan-tree', 'approval-prompt' } })
end

--- Sends a request. `on_answer` hears what comes, `on_end` the status: allow, pending, deny, failed or cancelled.
function M.ask(wish, on_answer, on_end)
  connect()
  last = last + 1
  local id = 'r' .. last
  open[id] = { on_answer = on_answer or function() end, on_end = on_end or function() end }
  send(vim.tbl_extend('force', wish, { id = id }))
  return id
end

function M.cancel(id) if job and open[id] then send({ verb = 'cancel', of = id }) end end

-- One of each name: what is shown now takes the place of what was shown before.
local function scratch(name, lines, filetype)
  local buffer = nil
  for _, known in ipairs(vim.api.nvim_list_bufs()) do if vim.api.nvim_buf_get_name(known) == name then buffer = known end end
  if not buffer then
    vim.cmd('botright new')
    buffer = vim.api.nvim_get_current_buf()
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile, vim.bo.filetype = 'nofile', 'wipe', false, filetype
    pcall(vim.api.nvim_buf_set_name, buffer, name)
  end
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  return buffer
end

local function append(buffer, text)
  if not vim.api.nvim_buf_is_valid(buffer) then return end
  local tail = vim.api.nvim_buf_get_lines(buffer, -2, -1, false)[1] or ''
  vim.api.nvim_buf_set_lines(buffer, -2, -1, false, vim.split(tail .. text, '\n'))
end

-- What is in the file now is asked for like everything else: who may not read it sees no diff.
local function diff(path, content, on_diff)
  local before, problem = nil, nil
  M.ask({ verb = 'apply', call = { tool = 'read-file', args = { path = path } } }, function(answer)
    if answer.type == 'result' then before, problem = answer.content, answer.problem end
  end, function(status)
    if status ~= 'allow' and problem ~= 'ENOENT' then return on_diff('(its content cannot be shown: ' .. (problem or status) .. ')\n') end
    on_diff(vim.diff(before or '', content) or '')
  end)
end

local function show_diff(path, text) scratch('weir://diff/' .. path, vim.split(text, '\n'), 'diff') end

-- Has a call done; what waits for a second person is asked about, beside what it would change, and done with the time to wait.
local function apply(wish, on_answer, on_end)
  local prompt, change = nil, nil
  M.ask(vim.tbl_extend('force', wish, { verb = 'apply' }), function(answer)
    if answer.type == 'approval' then prompt = answer end
    if answer.type == 'diff' then change = answer end
    if answer.type == 'error' then vim.notify(answer.error.message, vim.log.levels.ERROR) end
    if answer.type == 'decided' and answer.verdict == 'deny' then vim.notify(answer.reason .. ' (' .. answer.rule .. ')', vim.log.levels.WARN) end
    if on_answer then on_answer(answer) end
  end, function(status)
    if status ~= 'pending' or not prompt or wish.waitMs then return on_end and on_end(status) end
    if change then show_diff(change.path, change.diff) end
    vim.cmd('redraw')
    vim.ui.select({ 'wait', 'leave it' }, { prompt = prompt.reason .. ' Approval ' .. prompt.approval .. ':' }, function(choice)
      if choice ~= 'wait' then return on_end and on_end(status) end
      apply(vim.tbl_extend('force', wish, { waitMs = M.wait_ms }), on_answer, on_end)
    end)
  end)
end

local function inform(what, on_end)
  return function(status)
    vim.notify(what .. ': ' .. status)
    if on_end then on_end(status) end
  end
end

--- Runs a command in the sandbox; what it prints goes into a buffer of its own.
function M.run(command, on_end)
  local buffer = scratch('weir://run/' .. command, {}, '')
  apply({ call = { tool = 'run-shell', args = { command = command } } }, function(answer)
    if answer.type == 'output' then append(buffer, answer.text) end
  end, inform(command, on_end))
end

--- Writes the buffer through Weir: shows what would change, asks, and has it done. The buffer's name is its path in the workspace.
function M.write(on_end)
  local buffer = vim.api.nvim_get_current_buf()
  local path = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ':.')
  local content = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n') .. (vim.bo[buffer].endofline and '\n' or '')
  diff(path, content, function(text)
    show_diff(path, text)
    vim.ui.select({ 'write', 'leave it' }, { prompt = path .. ':' }, function(choice)
      if choice ~= 'write' then return on_end and on_end('cancelled') end
      apply({ call = { tool = 'write-file', args = { path = path, content = content } } }, nil, inform(path, function(status)
        if status == 'allow' and vim.api.nvim_buf_is_valid(buffer) then vim.bo[buffer].modified = false end
        if on_end then on_end(status) end
      end))
    end)
  end)
end

local function about(node)
  local paths = {}
  for _, target in ipairs(node.targets) do paths[#paths + 1] = target.path end
  local what = type(node.command) == 'string' and node.command or table.concat(paths, ' ')
  local why = node.decision.verdict == 'allow' and '' or ' (' .. node.decision.reason .. ')'
  return '  ' .. node.node .. '. ' .. node.call.tool .. ' ' .. vim.split(what, '\n')[1] .. ': ' .. node.decision.verdict .. why
end

local function show_plan(plan)
  local lines, nodes = plan.text and vim.split(plan.text, '\n') or {}, {}
  local by_name = {}
  for _, node in ipairs(plan.nodes) do by_name[node.node] = node end
  for _, step in ipairs(plan.steps or {}) do
    lines[#lines + 1] = step.title
    for _, name in ipairs(step.nodes) do
      lines[#lines + 1] = about(by_name[name])
      nodes[#lines] = by_name[name]
    end
  end
  local buffer = scratch('weir://plan/' .. plan.plan, lines, 'weirplan')
  vim.keymap.set('n', '<CR>', function()
    local node = nodes[vim.api.nvim_win_get_cursor(0)[1]]
    if node then M.follow(plan.plan, node) end
  end, { buffer = buffer })
  return buffer
end

--- Asks the sandboxed agent for a plan and shows its tree; <CR> on a call has it done.
function M.plan(prompt, on_end)
  local shown = nil
  return M.ask({ verb = 'plan', prompt = prompt }, function(answer)
    if answer.type == 'plan' then shown = answer end
    if answer.type == 'error' then vim.notify(answer.error.message, vim.log.levels.ERROR) end
  end, function(status)
    local buffer = shown and show_plan(shown) or nil
    if on_end then on_end(status, shown, buffer) end
  end)
end

--- Has one call of a plan done, after its diff was shown and somebody said yes.
function M.follow(plan, node, on_end)
  local function go()
    vim.ui.select({ 'do it', 'leave it' }, { prompt = vim.trim(about(node)) }, function(choice)
      if choice ~= 'do it' then return on_end and on_end('cancelled') end
      apply({ plan = plan, nodes = { node.node } }, nil, inform(node.call.tool, on_end))
    end)
  end
  if node.call.tool ~= 'write-file' then return go() end
  diff(node.call.args.path, node.call.args.content, function(text)
    show_diff(node.call.args.path, text)
    go()
  end)
end

--- Ends the conversation, and with it everything that is open.
function M.close() if job then vim.fn.jobstop(job) end end

return M
