// The playground's page: files to edit, and below them what the linter says.  All text of others is set as text, never as HTML.

(() => {
  const root = document.getElementById("pg");
  if (!root) return;
  const here = new URL("playground/", location.href);
  const DELAY = 300; // milliseconds without a key before the text is checked
  const START = {
    "train.py": `import torch
from torch.utils.data import DataLoader

from net import Net


def validate(model, loader):
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum() for x, y in loader)


def main(train_set: DataLoader, valid_set: DataLoader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        model.train()
        for x, y in train_set:
            torch.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        print(validate(model, valid_set))


main(DataLoader([]), DataLoader([]))
`,
    "net.py": `import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))

    def forward(self, x):
        return self.layers(F.dropout(x, 0.1))
`,
  };

  let files = { ...START };
  let open = Object.keys(files)[0];
  let findings = [];
  let asked = 0;
  let timer = 0;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const button = (text, act, className) => {
    const element = make("button", className, text);
    element.type = "button";
    element.addEventListener("click", act);
    return element;
  };

  const examples = make("select");
  examples.setAttribute("aria-label", "Examples");
  const select = make("input");
  select.type = "text";
  select.placeholder = "rules: as by default; or DRP2,DRP301, or ALL";
  select.setAttribute("aria-label", "Rules");
  const bar = make("div", "pg-bar");
  const tabs = make("div", "pg-tabs");
  const gutter = make("pre", "pg-gutter");
  gutter.setAttribute("aria-hidden", "true");
  const editor = make("textarea", "pg-text");
  editor.spellcheck = false;
  editor.wrap = "off";
  editor.setAttribute("aria-label", "Code");
  const pane = make("div", "pg-pane");
  pane.append(gutter, editor);
  const status = make("p", "pg-status", "Loading Python …");
  status.setAttribute("role", "status");
  const list = make("ol", "pg-findings");
  const share = button("Copy link", copyLink);
  const safe = button("Apply safe fixes", () => ask("safe"));
  const all = button("Apply all fixes", () => ask("all"));
  bar.append(examples, select, safe, all, share);
  root.replaceChildren(bar, tabs, pane, status, list);

  function showTabs() {
    tabs.replaceChildren(
      ...Object.keys(files).map((name) => {
        const tab = button(name, () => show(name), name === open ? "pg-open" : "");
        tab.setAttribute("aria-pressed", String(name === open));
        return tab;
      }),
      button("+ file", addFile),
      ...(Object.keys(files).length > 1 ? [button("− this file", removeFile)] : []),
    );
  }

  function showGutter() {
    const worst = new Map();
    for (const each of findings) {
      if (each.filename === open && worst.get(each.location.row) !== "error") worst.set(each.location.row, each.severity);
    }
    gutter.replaceChildren(
      ...files[open].split("\n").map((_, index) => make("span", worst.get(index + 1) ?? "", `${index + 1}\n`)),
    );
    gutter.scrollTop = editor.scrollTop;
  }

  function show(name, row, column) {
    open = name;
    editor.value = files[open];
    showTabs();
    showGutter();
    if (row === undefined) return;
    const lines = files[open].split("\n");
    const before = lines.slice(0, row - 1).join("\n").length + (row > 1 ? 1 : 0);
    editor.focus();
    editor.setSelectionRange(before + column - 1, before + (lines[row - 1] ?? "").length);
    editor.scrollTop = Math.max(0, row - 5) * parseFloat(getComputedStyle(editor).lineHeight);
  }

  function addFile() {
    const name = prompt("Name of the file, such as net.py or models/net.py");
    if (!name) return;
    files[name] ??= "";
    show(name);
    ask();
  }

  function removeFile() {
    delete files[open];
    show(Object.keys(files)[0]);
    ask();
  }

  function place(filename, location) {
    return button(`${filename}:${location.row}:${location.column}`, () => show(filename, location.row, location.column), "pg-place");
  }

  function told(finding) {
    const item = make("li", finding.severity);
    const code = make("a", "", finding.code);
    code.href = `rules/${finding.code}.html`;
    const head = make("p");
    head.append(place(finding.filename, finding.location), " ", code, " ", finding.message);
    item.append(head, make("p", "pg-help", `help: ${finding.help}`));
    if (finding.fix) item.append(make("p", "pg-help", `fix (${finding.fix.applicability}): ${finding.fix.message}`));
    for (const note of finding.notes) {
      const line = make("p", "pg-help", "note: ");
      if (note.filename && note.location) line.append(place(note.filename, note.location), " ");
      line.append(note.message);
      item.append(line);
    }
    return item;
  }

  const worker = new Worker(new URL("worker.js", here), { type: "module" });
  worker.onerror = () => { status.textContent = "Python could not be loaded."; };
  worker.onmessage = ({ data }) => {
    if (data.broken) status.textContent = `Python could not be loaded: ${data.broken}`;
    if (data.id === undefined || data.id !== asked) return; // an answer to text that was typed over
    findings = data.findings;
    const changed = JSON.stringify(files) !== JSON.stringify(data.files);
    files = data.files;
    if (changed) show(open in files ? open : Object.keys(files)[0]);
    else showGutter();
    const count = findings.length === 1 ? "1 finding" : `${findings.length} findings`;
    status.textContent = data.error || `${count}, in ${data.seconds.toFixed(2)} s`;
    status.classList.toggle("pg-error", Boolean(data.error));
    list.replaceChildren(...findings.map(told));
    safe.disabled = !findings.some((each) => each.fix?.applicability === "safe");
    all.disabled = !findings.some((each) => each.fix);
    root.dataset.state = "answered";
  };

  function ask(fix = null) {
    clearTimeout(timer);
    asked += 1;
    worker.postMessage({ id: asked, request: { files, select: select.value, fix } });
  }

  editor.addEventListener("input", () => {
    files[open] = editor.value;
    asked += 1; // an answer on its way is to another text, and must not replace this one
    showGutter();
    clearTimeout(timer);
    timer = setTimeout(() => ask(), DELAY);
  });
  editor.addEventListener("scroll", () => { gutter.scrollTop = editor.scrollTop; });
  select.addEventListener("change", () => ask());

  const packed = (value) => {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const unpacked = (text) => {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0))));
  };

  async function copyLink() {
    location.hash = packed({ files, select: select.value });
    try {
      await navigator.clipboard.writeText(location.href);
      status.textContent = "The link is copied.";
    } catch {
      status.textContent = "The link is in the address bar.";
    }
  }

  function fromLink() {
    try {
      const shared = unpacked(location.hash.slice(1));
      const entries = Object.entries(shared.files).filter(([, text]) => typeof text === "string");
      if (entries.length === 0) return;
      files = Object.fromEntries(entries);
      select.value = typeof shared.select === "string" ? shared.select : "";
    } catch { /* another anchor: the page begins as it does without */ }
  }

  examples.append(new Option("Examples …", ""));
  fetch(new URL("examples.json", here))
    .then((response) => response.json())
    .then((known) => {
      for (const { code, name } of known) examples.append(new Option(`${code} ${name}`, code));
      examples.addEventListener("change", () => {
        const chosen = known.find((each) => each.code === examples.value);
        if (!chosen) return;
        files = { "example.py": chosen.example };
        select.value = chosen.default ? "" : chosen.code;
        show("example.py");
        ask();
      });
    });

  if (location.hash.length > 1) fromLink();
  show(Object.keys(files)[0]);
  ask();
})();
