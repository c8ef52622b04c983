-- A Neovim without plugins, in a vault: whatever goes wrong ends it with a message.
local program, page = vim.env.TAIGA_NOTES, vim.env.PAGE

local function check(what, holds)
  if not vim.wait(30000, function() return holds() end, 50) then
    print(what .. ': ' .. table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'))
    vim.cmd('cquit 1')
  end
end

local function at(line, word, behind)
  local text = vim.api.nvim_buf_get_lines(0, line - 1, line, false)[1]
  vim.api.nvim_win_set_cursor(0, { line, text:find(word, 1, true) - 1 + behind })
end

local function holds(text)
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n'):find(text, 1, true) ~= nil
end

vim.cmd('edit ' .. vim.fn.fnameescape(page))
local client = vim.lsp.start_client({
  name = 'taiga-notes',
  cmd = { program, 'lsp' },
  root_dir = vim.fn.fnamemodify(page, ':h'),
})
vim.lsp.buf_attach_client(0, client)
check('the server answers', function() return vim.lsp.buf_get_clients(0)[client] ~= nil end)

-- A wrong field is underlined.
local line = vim.fn.search('status_name ==')
local query = vim.fn.getline(line)
vim.fn.setline(line, (query:gsub('status_name', 'status_nam')))
check('a wrong field is told', function() return #vim.diagnostic.get(0) == 1 end)
local found = vim.diagnostic.get(0)[1]
local told = vim.fn.getline(found.lnum + 1):sub(found.col + 1, found.end_col)
check('it is that field, not ' .. told, function() return told == 'status_nam' end)
check('it is underlined', function()
  local space = vim.diagnostic.get_namespace(found.namespace).user_data.underline_ns
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
    if mark[2] == line - 1 and mark[3] == found.col and mark[4].end_col == found.end_col then
      return true
    end
  end
  return false
end)
vim.fn.setline(line, query)
check('a right one is not', function() return #vim.diagnostic.get(0) == 0 end)

-- Completion gives this project's statuses.
at(line, "'In progress'", 1)
local params = vim.lsp.util.make_position_params()
local answers = vim.lsp.buf_request_sync(0, 'textDocument/completion', params, 30000)
local labels = {}
for _, item in ipairs(answers[client].result.items) do
  labels[item.label] = true
end
check('completion gives statuses', function() return labels['Ready'] and labels['Done'] end)

-- Rendering changes the buffer, and undo takes that back.
vim.cmd('let &undolevels = &undolevels')
vim.fn.setline(line, (query:gsub("'In progress'", "'Ready'")))
vim.cmd('let &undolevels = &undolevels')
at(line, 'status_name', 0)
vim.lsp.buf.execute_command({
  command = 'taiga-notes.renderBlock',
  arguments = { vim.uri_from_bufnr(0), line - 1 },
})
check('rendering changes the buffer', function() return holds('#15 Renew the TLS certificate') end)
check('it is an unsaved change', function() return vim.bo.modified end)
vim.cmd('silent undo')
check('undo takes it back', function()
  return holds("'Ready'") and holds('#13 Pay by invoice') and not holds('#15 Renew the TLS')
end)
vim.lsp.stop_client(client)
check('the server ends', function() return vim.lsp.get_client_by_id(client) == nil end)
vim.cmd('quitall!')
