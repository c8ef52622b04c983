-- What SilverBullet gives a page's scripts, written down instead of done; see test_silverbullet.py.
-- Plain Lua's own functions stand for those of Space Lua that have the same names.
local done, case = {}, nil
local function note(...)
  table.insert(done, {...})
end
local commands = {}
local function define(def)
  commands[def.name] = def.run
end
command = {define = define}
slashCommand = {define = define}
editor = {
  getCurrentPage = function() return case.page end,
  save = function() note("save") end,
  reloadPage = function() note("reload") end,
  flashNotification = function(text, kind) note("flash", kind, text) end,
  confirm = function(text) note("confirm", text) return case.answer end,
  insertAtCursor = function(text, _, placed) note("insert", text, placed) end,
}
sync = {
  performFileSync = function(path)
    note("sync", path)
    assert(case.online, "no service worker")
  end,
}
shell = {
  run = function(program, arguments)
    note("run", program, unpack(arguments))
    local code = arguments[2] == "--dry-run" and case.plan or case.code
    return {stdout = "out", stderr = "err", code = code}
  end,
}
dofile(os.getenv("SCRIPT"))
local results = {}
for _, each in ipairs(vim.fn.json_decode(os.getenv("CASES"))) do
  done, case = {}, each
  commands[each.command]()
  table.insert(results, done)
end
vim.fn.writefile({vim.fn.json_encode(results)}, os.getenv("RESULT"))
