-- Neovim 0.7 or newer. Needs `pipx install '.[lsp]'` in taiga-notes' checkout.
-- Put this file into ~/.config/nvim/plugin/ as taiga-notes.lua; that is all.
-- Actions are code lenses and code actions: `:lua vim.lsp.codelens.run()`, `:lua vim.lsp.buf.code_action()`.
local clients = {}

local function lenses(_, buffer)
  local refresh = function() vim.lsp.codelens.refresh() end
  vim.api.nvim_create_autocmd({"BufEnter", "InsertLeave"}, {buffer = buffer, callback = refresh})
  refresh()
end

-- Not `findfile`, which takes a blank in a folder's name for its end.
local function vault_of(folder)
  if vim.fn.filereadable(folder .. "/taiga-notes.toml") == 1 then return folder end
  local above = vim.fn.fnamemodify(folder, ":h")
  return above ~= folder and vault_of(above) or nil
end

-- `vim.lsp.start` came with 0.8; it starts one server for each vault, as this does.
local start = vim.lsp.start or function(config)
  clients[config.root_dir] = clients[config.root_dir] or vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(0, clients[config.root_dir])
end

vim.api.nvim_create_autocmd("FileType", {
  pattern = "markdown",
  callback = function()
    local root = vault_of(vim.fn.expand("%:p:h"))
    if root then
      local cmd = {"taiga-notes", "lsp"}
      start({name = "taiga-notes", cmd = cmd, root_dir = root, on_attach = lenses})
    end
  end,
})
