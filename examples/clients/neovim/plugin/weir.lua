local function weir() return require('weir') end

vim.api.nvim_create_user_command('WeirPlan', function(command) weir().plan(command.args) end, { nargs = '+', desc = 'ask the agent for a plan' })
vim.api.nvim_create_user_command('WeirWrite', function() weir().write() end, { desc = 'write this buffer through Weir' })
vim.api.nvim_create_user_command('WeirRun', function(command) weir().run(command.args) end, { nargs = '+', desc = 'run a command in the sandbox' })
