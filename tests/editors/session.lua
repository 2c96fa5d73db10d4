-- A user's session in Neovim 0.7 or newer: open a file, see the findings, apply a fix, see it go, hover.
-- What was seen goes to the file $SEEN, as JSON.  Run by tests/editors/test_neovim.py.
local seen = {}

local function diagnostics()
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(0)) do
    local lsp = each.user_data and each.user_data.lsp or {}
    local related = {}
    for _, information in ipairs(lsp.relatedInformation or {}) do
      table.insert(related, { line = information.location.range.start.line + 1, message = information.message })
    end
    table.insert(found, {
      code = lsp.code or each.code,
      line = each.lnum + 1,
      severity = each.severity,
      message = each.message,
      related = related,
      page = lsp.codeDescription and lsp.codeDescription.href,
    })
  end
  return found
end

local function wait_for(holds)
  return vim.wait(60000, holds, 50)
end

local function go_to(text)
  vim.fn.cursor(1, 1)
  vim.fn.search(text, "cW")
end

vim.cmd("set filetype=")
vim.cmd("luafile " .. os.getenv("SETTINGS"))
vim.cmd("set filetype=python")

wait_for(function() return #vim.diagnostic.get(0) >= 2 end)
vim.wait(1000)  -- what comes twice comes now
seen.opened = diagnostics()

-- The quick fix, chosen as a user does: Neovim lists the actions, and one is picked.
vim.ui.select = function(items, select_options, choose)
  seen.actions = seen.actions or {}
  for index, item in ipairs(items) do
    local text = select_options.format_item and select_options.format_item(item) or tostring(item)
    table.insert(seen.actions, text)
    if text:find("Write `p=`", 1, true) then
      choose(item, index)
    end
  end
end
go_to("rate")
vim.lsp.buf.code_action()
wait_for(function() return #vim.diagnostic.get(0) == #seen.opened - 1 end)
seen.fixed = diagnostics()
seen.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")

local function hover(text)
  go_to(text)
  vim.lsp.buf.hover()
  local lines = nil
  wait_for(function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= "" then
        lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
        vim.api.nvim_win_close(window, true)
        return true
      end
    end
    return false
  end)
  return table.concat(lines or {}, "\n")
end
seen.hover_on_model = hover("model(")
seen.hover_on_dropout = hover("Dropout(p=0.3)")

if vim.lsp.inlay_hint then
  seen.hints = {}
  wait_for(function() return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0 end)
  for _, each in ipairs(vim.lsp.inlay_hint.get({ bufnr = 0 })) do
    table.insert(seen.hints, { line = each.inlay_hint.position.line + 1, label = each.inlay_hint.label })
  end
end

local encode = vim.json and vim.json.encode or vim.fn.json_encode
local file = io.open(os.getenv("SEEN"), "w")
file:write(encode(seen))
file:close()
vim.cmd("qa!")
