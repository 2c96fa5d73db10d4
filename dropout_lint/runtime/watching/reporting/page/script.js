"use strict";
// Draws the timelines.  The data are in the page; nothing is fetched.
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const LANE = 18, CURVE = 40, TICKS = 15, TITLE = 14, TOP = 6, NARROW = 560, MOST_ROWS = 26, FIRST_ROWS = 8, MOST_FOUND = 200;
const format = (n) => n.toLocaleString("en-US");
const plural = (n, noun) => `${format(n)} ${noun}${n === 1 ? "" : "s"}`;

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  return made;
}

// The layers as a tree; a chain of modules with one child each is one node, as in `bert.encoder`.
function treeOf(model) {
  const root = { name: model.name, path: "", children: new Map(), layers: [], layer: null };
  model.layers.forEach((layer, index) => {
    let node = root;
    node.layers.push(index);
    for (const part of layer.path ? layer.path.split(".") : []) {
      if (!node.children.has(part)) {
        node.children.set(part, { name: part, path: node.path ? `${node.path}.${part}` : part, children: new Map(), layers: [], layer: null });
      }
      node = node.children.get(part);
      node.layers.push(index);
    }
    node.layer = layer;
  });
  const shorten = (node) => {
    node.children = [...node.children.values()].map(shorten);
    if (node !== root && node.children.length === 1 && !node.layer) {
      const child = node.children[0];
      return { ...child, name: `${node.name}.${child.name}` };
    }
    return node;
  };
  return shorten(root);
}

// How deep to unfold at first: as deep as the rows fit, and wherever a finding has a layer.
function unfold(tree, guilty) {
  const open = new Set([tree]);
  const reveal = (node) => {
    const found = node.children.filter(reveal).length > 0 || guilty.has(node.path);
    if (found && node.children.length && open.size < MOST_ROWS) open.add(node);
    return found;
  };
  let count = 1 + tree.children.length, level = tree.children;
  while (level.length) {
    const next = level.flatMap((node) => node.children);
    if (!next.length || count + next.length > MOST_ROWS) break;
    level.forEach((node) => node.children.length && open.add(node));
    count += next.length;
    level = next;
  }
  if (guilty.size) reveal(tree);
  return open;
}

// Of many siblings the first and those with findings are shown, and one row for each stretch of the others.
function rowsOf(tree, open, whole, isGuilty, functional) {
  const rows = [];
  const visit = (node, depth) => {
    rows.push({ node, depth });
    if (!open.has(node)) return;
    const few = node.children.length <= MOST_ROWS || whole.has(node);
    let hidden = [];
    const flush = () => {
      if (hidden.length) rows.push({ node: gathered(hidden), depth: depth + 1, parent: node });
      hidden = [];
    };
    node.children.forEach((child, index) => {
      if (!few && index >= FIRST_ROWS && !isGuilty(child)) { hidden.push(child); return; }
      flush();
      visit(child, depth + 1);
    });
    flush();
  };
  visit(tree, 0);
  functional.forEach((finding) => rows.push({ node: tree, depth: 1, finding }));
  return rows;
}

// Siblings as one node.
function gathered(nodes) {
  const name = nodes.length === 1 ? nodes[0].name : `${nodes[0].name} … ${nodes[nodes.length - 1].name}`;
  return { name, path: nodes[0].path, children: nodes, layers: nodes.flatMap((node) => node.layers), layer: null };
}

// The layers whose path or type has all the words in it, without the modules around them.
function rowsWith(tree, words) {
  const rows = [];
  const visit = (node) => {
    const text = node.layer ? `${node.path} ${node.layer.type}`.toLowerCase() : "";
    if (node.layer && words.every((word) => text.includes(word))) rows.push({ node, depth: 0, whole: true });
    node.children.forEach(visit);
  };
  visit(tree);
  return rows;
}

const kindOfLayer = (layer) => (layer.p === null ? layer.type : `${layer.type} ${layer.p}`);
const clock = (seconds) => {
  const whole = Math.floor(seconds), parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const [hours, ...rest] = parts.map((part) => String(part).padStart(2, "0"));
  return whole < 3600 ? rest.join(":") : [parts[0], ...rest].join(":");
};

// What the segments from call `a` to call `b` amount to, for the layers of a node.
function measure(model, layers, a, b) {
  let train = 0, evaluating = 0, grad = 0, calls = 0, firstStep = null, lastStep = null;
  let low = 0, high = model.segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (model.segments[middle].last < a) low = middle + 1; else high = middle;
  }
  for (let index = low; index < model.segments.length && model.segments[index].first <= b; index++) {
    const segment = model.segments[index];
    const share = (Math.min(b, segment.last) - Math.max(a, segment.first) + 1) / (segment.last - segment.first + 1);
    for (const [mode, graph, count] of segment.ways) {
      const on = model.share(mode, layers), part = count * share;
      train += on * part;
      evaluating += (1 - on) * part;
      if (graph) grad += part;
      calls += part;
    }
    firstStep = firstStep ?? segment.first_step;
    lastStep = segment.last_step;
  }
  return { train, evaluating, grad, calls, firstStep, lastStep };
}

const modeOf = (m) => (m.calls === 0 ? "none" : m.evaluating < 1e-9 ? "train" : m.train < 1e-9 ? "eval" : "mixed");
const gradOf = (m) => (m.calls === 0 ? "none" : m.grad >= m.calls - 1e-9 ? "on" : m.grad <= 1e-9 ? "off" : "both");

class Chart {
  constructor(section, model) {
    this.section = section;
    this.model = model;
    this.box = section.querySelector(".chart");
    this.readout = section.querySelector(".readout");
    this.tree = treeOf(model);
    this.findings = data.findings.filter((finding) => finding.model === model.name);
    const known = new Set(model.layers.map((layer) => layer.path));
    this.functional = this.findings.filter((finding) => finding.op && !known.has(finding.layers[0]));
    this.guilty = new Map();
    for (const finding of this.findings) {
      for (const path of finding.layers) {
        if (known.has(path)) this.guilty.set(path, [...(this.guilty.get(path) || []), finding]);
      }
    }
    this.open = unfold(this.tree, this.guilty);
    this.whole = new Set(); // nodes of which all children are shown, however many
    this.exports = data.exports.filter((item) => item.model === model.name);
    this.view = [1, Math.max(data.calls, 1)];
    this.cursor = null;
    const cache = new Map();
    model.share = (mode, layers) => {
      const key = `${mode}:${layers[0]}:${layers.length}`;
      if (!cache.has(key)) {
        const text = model.modes[mode];
        cache.set(key, layers.filter((index) => (text[index] ?? text[0]) === "t").length / layers.length);
      }
      return cache.get(key);
    };
    this.box.addEventListener("mousemove", (event) => this.point(event));
    this.box.addEventListener("mouseleave", () => document.activeElement !== this.box && this.place(null));
    this.box.addEventListener("click", (event) => this.click(event));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focus", () => this.cursor || this.place({ row: 0, call: this.view[0] }));
    this.search = section.querySelector("input[type=search]");
    if (this.search) {
      this.search.hidden = false;
      this.search.addEventListener("input", () => this.draw());
    }
    section.querySelectorAll("[data-zoom]").forEach((button) =>
      button.addEventListener("click", () => this.zoom(button.dataset.zoom)));
    this.draw();
  }

  // On a narrow screen the name of a row stands above it.
  get stacked() { return this.width < NARROW; }
  get left() { return this.stacked ? 8 : Math.min(380, Math.max(240, this.width * 0.32)); }
  get rowHeight() { return this.stacked ? 30 : 17; }
  x(call) { return this.left + ((call - this.view[0]) / (this.view[1] - this.view[0] + 1)) * (this.width - this.left - 8); }
  call(x) {
    const call = this.view[0] + Math.floor(((x - this.left) / (this.width - this.left - 8)) * (this.view[1] - this.view[0] + 1));
    return Math.min(this.view[1], Math.max(this.view[0], call));
  }

  draw() {
    this.width = Math.max(240, this.box.clientWidth);
    const words = (this.search?.value || "").toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? rowsWith(this.tree, words) : rowsOf(this.tree, this.open, this.whole, (node) => this.isGuilty(node), this.functional);
    this.rows = found.slice(0, words.length ? MOST_FOUND : found.length);
    const svg = element("svg", { "aria-hidden": "true" });
    this.addPatterns(svg);
    this.y = TOP;
    const lanes = this.findingLanes();
    if (this.findings.length) {
      const y = this.lane(svg, "findings", LANE * lanes.length + 3);
      lanes.forEach((lane, index) => lane.forEach((finding) => this.drawFinding(svg, finding, y + index * LANE)));
    }
    if (this.exports.length) {
      const y = this.lane(svg, "exports", LANE);
      for (const item of this.exports) {
        const at = this.x(item.call + 1);
        if (item.call + 1 < this.view[0] || item.call > this.view[1]) continue;
        svg.append(element("path", { d: `M${at - 6},${y + 3}h12l-6,11z`, fill: "var(--export)" }));
      }
    }
    if (data.losses.length && this.model.steps) this.drawLoss(svg, this.lane(svg, "loss", CURVE));
    if (this.model.steps || !data.steps) this.drawSteps(svg, this.lane(svg, "its optimizer steps", LANE));
    const gradients = this.lane(svg, "gradients", LANE + 5);
    this.strip(svg, this.tree, gradients + 2, LANE - 6, (m) => gradOf(m), { on: "var(--step)", off: `url(#off-${this.id})`, both: `url(#some-${this.id})` });
    this.rowTop = this.y;
    const fills = { train: "var(--train)", eval: "var(--eval)", mixed: `url(#mixed-${this.id})` };
    this.rows.forEach((row, index) => {
      const top = this.y + index * this.rowHeight, at = top + (this.stacked ? TITLE + 3 : 1), height = this.stacked ? 11 : 15;
      if (row.finding) {
        this.functionalLabel(svg, row.finding, row.depth, top);
        svg.append(element("path", { d: `M${this.left},${at + height / 2}H${this.width - 8}`, stroke: "var(--line)" }));
        this.bars(svg, [row.finding], at, height, "var(--train)");
        this.bars(svg, [row.finding], at + height - 3, 3, "var(--bad)");
      } else {
        this.rowLabel(svg, row, top);
        this.strip(svg, row.node, at, height, modeOf, fills);
        const guilty = row.node.layer && this.guilty.get(row.node.path);
        if (guilty) this.bars(svg, guilty, at + height - 3, 3, "var(--bad)");
      }
    });
    this.y += this.rows.length * this.rowHeight + 4;
    const rest = found.length - this.rows.length;
    if (words.length) {
      svg.append(element("text", { x: 8, y: this.y + 12, class: "quiet" }, found.length ? (rest ? `and ${format(rest)} more` : plural(found.length, "layer")) : "no layer has that in its name or type"));
      this.y += LANE;
    }
    const bottom = this.y;
    this.drawEpochs(svg, bottom);
    this.drawAxis(svg);
    this.pointer = element("g", { visibility: "hidden", "pointer-events": "none" });
    this.pointer.append(element("line", { y1: TOP, y2: bottom, stroke: "var(--cursor)", "stroke-width": 1 }));
    this.pointer.append(element("rect", { x: 1, width: this.width - 2, height: this.rowHeight, fill: "none", stroke: "var(--cursor)", "stroke-width": 1 }));
    svg.append(this.pointer);
    svg.setAttribute("viewBox", `0 0 ${this.width} ${this.y}`);
    svg.setAttribute("height", this.y);
    this.box.replaceChildren(svg);
    this.place(this.cursor);
  }

  isGuilty(node) { return node.layers.some((index) => this.guilty.has(this.model.layers[index].path)); }

  // Room for something above the rows, with its name; the answer is where it begins.
  lane(svg, name, height) {
    const top = this.y + (this.stacked ? TITLE : 0);
    svg.append(element("text", { x: 8, y: this.stacked ? this.y + 11 : this.y + Math.min(height, LANE) / 2 + 4, class: "quiet" }, name));
    this.y = top + height;
    return top;
  }

  get id() { return this.model.number; }

  addPatterns(svg) {
    const defs = element("defs", {});
    const pattern = (id, size, parts) => {
      const made = element("pattern", { id: `${id}-${this.id}`, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
      made.append(...parts);
      defs.append(made);
    };
    pattern("mixed", 6, [element("rect", { width: 6, height: 6, fill: "var(--train)" }), element("rect", { width: 3, height: 6, fill: "var(--eval)" })]);
    pattern("off", 5, [element("rect", { width: 1, height: 5, fill: "var(--step)", opacity: .8 })]);
    pattern("some", 5, [element("rect", { width: 3, height: 5, fill: "var(--step)", opacity: .8 })]);
    svg.append(defs);
  }

  rowLabel(svg, { node, depth, whole }, top) {
    const indent = Math.min(depth, 8) * 11, right = this.stacked ? this.width - 8 : this.left - 8;
    const kind = node.layer ? kindOfLayer(node.layer) : "";
    const sign = node.children.length && !whole ? (this.open.has(node) ? "▾" : "▸") : " ";
    const more = node.children.length && !whole && !this.open.has(node) ? ` (${node.layers.length})` : "";
    const guilty = node.layer ? this.guilty.has(node.path) : !this.open.has(node) && this.isGuilty(node);
    if (sign !== " ") svg.append(element("text", { x: 6 + indent, y: top + 12, class: "quiet" }, sign));
    this.names(svg, (whole ? node.path || node.name : node.name) + more, kind, 18 + indent, right, top, guilty, depth || whole);
  }

  functionalLabel(svg, finding, depth, top) {
    const right = this.stacked ? this.width - 8 : this.left - 8;
    const path = finding.layers[0] ? `${finding.layers[0]} · ` : "";
    this.names(svg, `${path}${finding.op}()`, finding.p === null ? "functional" : `functional ${finding.p}`, 18 + depth * 11, right, top, true, true);
  }

  // A name from the left and a kind at the right; of a name that is too long, its end is kept where that says more.
  names(svg, name, kind, left, right, top, guilty, keepsEnd) {
    const room = Math.max(6, Math.floor((right - left - kind.length * 6 - (kind ? 8 : 0)) / 6.8));
    const kept = Math.max(room - 1, 4);
    const text = name.length <= room ? name : keepsEnd ? `…${name.slice(-kept)}` : `${name.slice(0, kept)}…`;
    const made = element("text", { x: left, y: top + 12.5, class: guilty ? "guilty" : "" }, text);
    if (text !== name) made.append(element("title", {}, name));
    svg.append(made);
    if (kind) svg.append(element("text", { x: right, y: top + 12, "text-anchor": "end", class: "axis" }, kind));
  }

  // One row of equal pieces: what the calls under each pixel amount to, neighbours that are alike drawn as one.
  strip(svg, node, top, height, kindOf, fills) {
    const right = this.width - 8, perPixel = (this.view[1] - this.view[0] + 1) / (right - this.left);
    let start = null, kind = "none";
    const end = (x) => {
      if (kind !== "none" && x > start) svg.append(element("rect", { x: start, y: top, width: Math.max(x - start, 1), height, fill: fills[kind] }));
    };
    const take = (x, next) => {
      if (next !== kind) { end(x); start = x; kind = next; }
    };
    if (perPixel <= 1) {
      for (let call = this.view[0]; call <= this.view[1]; call++) take(this.x(call), kindOf(measure(this.model, node.layers, call, call)));
    } else {
      for (let x = this.left; x < right; x++) {
        const a = this.view[0] + Math.floor((x - this.left) * perPixel);
        take(x, kindOf(measure(this.model, node.layers, a, Math.max(a, this.view[0] + Math.ceil((x + 1 - this.left) * perPixel) - 1))));
      }
    }
    end(right);
  }

  drawSteps(svg, y) {
    const right = this.width - 8, columns = new Set(), { marks, every } = this.model.own_steps;
    const gap = 2 * every * (data.calls / Math.max(this.model.steps, 1));
    let before = null;
    for (const [, call] of marks) {
      const at = this.x(call) + 1;
      // Marks that were thinned out stand for a stretch.
      const from = before !== null && every > 1 && call - before <= gap ? this.x(before) + 1 : at;
      for (let x = Math.max(from, this.left); x <= Math.min(at, right); x++) columns.add(Math.round(x));
      before = call;
    }
    let path = "";
    for (const x of columns) path += `M${x},${y + 3}v${LANE - 8}`;
    svg.append(element("path", { d: path, stroke: "var(--step)", "stroke-width": 1, "shape-rendering": "crispEdges" }));
  }

  drawLoss(svg, y) {
    const seen = data.losses.filter(([loss, call]) => loss !== null && call >= this.view[0] - 1 && call <= this.view[1]);
    const values = seen.map(([loss]) => loss), low = Math.min(...values), high = Math.max(...values);
    if (!values.length) return;
    const at = (loss) => y + CURVE - 7 - (high > low ? (loss - low) / (high - low) : 0.5) * (CURVE - 14);
    let path = "", joined = false;
    for (const [loss, call] of data.losses) {
      if (loss === null) { joined = false; continue; }
      if (call < this.view[0] - 1 || call > this.view[1]) continue;
      path += `${joined ? "L" : "M"}${this.x(call).toFixed(1)},${at(loss).toFixed(1)}`;
      joined = true;
    }
    svg.append(element("path", { d: path, stroke: "var(--export)", "stroke-width": 1.5, "stroke-linejoin": "round", "stroke-linecap": "round", fill: "none" }));
    const texts = high > low ? [[short(high), y + 9], [short(low), y + CURVE - 4]] : [[short(high), y + CURVE / 2 + 4]];
    for (const [text, line] of texts) {
      svg.append(element("text", { x: this.stacked ? this.width - 8 : this.left - 8, y: this.stacked ? line - TITLE + 2 : line, "text-anchor": "end", class: "axis" }, text));
      if (this.stacked) break;
    }
  }

  // The spans of `findings` that are in view, as one path of bars; a span is never too thin to be seen.
  bars(svg, findings, y, height, fill) {
    let path = "", end = -Infinity;
    const spans = findings.flatMap((finding) => finding.spans).sort((one, other) => one[0] - other[0]);
    for (const [first, last] of spans) {
      if (last < this.view[0] || first > this.view[1]) continue;
      const a = Math.max(this.x(Math.max(first, this.view[0])), end), b = Math.max(this.x(Math.min(last, this.view[1]) + 1), a + 1.5);
      path += `M${a.toFixed(1)},${y}H${b.toFixed(1)}v${height}H${a.toFixed(1)}z`;
      end = b;
    }
    if (path) svg.append(element("path", { d: path, fill, "shape-rendering": "geometricPrecision" }));
  }

  findingLanes() {
    const lanes = [];
    for (const finding of this.findings) {
      const free = lanes.find((lane) => lane.every((other) => other.last < finding.first || other.first > finding.last));
      if (free) free.push(finding); else lanes.push([finding]);
    }
    return lanes;
  }

  drawFinding(svg, finding, y) {
    if (finding.last < this.view[0] || finding.first > this.view[1]) return;
    const a = this.x(Math.max(finding.first, this.view[0])), b = this.x(Math.min(finding.last, this.view[1]) + 1);
    svg.append(element("path", { d: `M${a},${y + 9}H${b}`, stroke: "var(--bad)", opacity: 0.35, "stroke-dasharray": "1 3" }));
    this.bars(svg, [finding], y + 6, 6, "var(--bad)");
    const first = finding.spans.find((span) => span[1] >= this.view[0]) || [finding.first, finding.first];
    const middle = (this.x(Math.max(first[0], this.view[0])) + this.x(Math.min(first[1], this.view[1]) + 1)) / 2;
    const at = Math.min(Math.max(middle, this.left + 9), this.width - 18);
    svg.append(element("circle", { cx: at, cy: y + 9, r: 8, fill: "var(--bad)" }));
    svg.append(element("text", { x: at, y: y + 13, "text-anchor": "middle", style: "fill:var(--paper);font-weight:650;font-size:11px" }, finding.number));
  }

  drawEpochs(svg, bottom) {
    if (!data.epochs.length) return;
    let path = "", end = -Infinity;
    const line = this.y + (this.stacked ? TITLE : 0) + 11;
    svg.append(element("text", { x: 8, y: this.y + 11, class: "quiet" }, "epoch"));
    for (const [epoch, call] of data.epochs) {
      const x = this.x(call + 1), text = short(epoch);
      if (call + 1 < this.view[0] || call > this.view[1]) continue;
      if (x - end < 4) continue;
      path += `M${x.toFixed(1)},${this.rowTop - 3}V${bottom + 3}`;
      if (x - end < 9 + 7 * text.length) continue;
      svg.append(element("text", { x: x + 2, y: line, class: "axis" }, text));
      end = x;
    }
    svg.append(element("path", { d: path, stroke: "var(--ink)", opacity: 0.5, "stroke-dasharray": "2 2" }));
    this.y = line + 4;
  }

  drawAxis(svg) {
    const span = this.view[1] - this.view[0] + 1, right = this.width - 8;
    const rough = span / Math.max(2, Math.floor((right - this.left) / 110)), power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
    const unit = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough));
    svg.append(element("line", { x1: this.left, x2: right, y1: this.y, y2: this.y, stroke: "var(--line)" }));
    const scales = [["calls of models", format], ["optimizer steps so far", (call) => format(stepsBefore(call))]];
    if (data.times.length) scales.push(["time", (call) => clock(secondsAt(call))]);
    for (const [name, textOf] of scales) {
      svg.append(element("text", { x: 8, y: this.y + 13, class: "quiet" }, name));
      const line = this.y + (this.stacked ? TITLE : 0) + 14;
      let end = -Infinity;
      for (let call = Math.ceil(this.view[0] / unit) * unit; call <= this.view[1]; call += unit) {
        const x = this.x(call), text = textOf(call), half = 3.4 * text.length;
        if (name === scales[0][0]) svg.append(element("line", { x1: x, x2: x, y1: this.y, y2: this.y + 4, stroke: "var(--quiet)" }));
        if (x - half < Math.max(end + 8, this.stacked ? 0 : this.left - 20) || x + half > this.width) continue;
        svg.append(element("text", { x, y: line, "text-anchor": "middle", class: "axis" }, text));
        end = x + half;
      }
      this.y = line;
    }
    this.y += 8;
  }

  point(event) {
    const box = this.box.getBoundingClientRect();
    this.place({ row: Math.floor((event.clientY - box.top - this.rowTop) / this.rowHeight), call: this.call(event.clientX - box.left) });
  }

  click(event) {
    this.point(event);
    this.toggle(this.cursor.row);
  }

  toggle(index) {
    const row = this.rows[index];
    if (!row || row.whole || row.finding || !row.node.children.length) return;
    if (row.parent) this.whole.add(row.parent);
    else if (this.open.has(row.node)) this.open.delete(row.node); else this.open.add(row.node);
    this.draw();
  }

  key(event) {
    const at = this.cursor || { row: 0, call: this.view[0] };
    const stride = Math.max(1, Math.round((this.view[1] - this.view[0]) / (event.shiftKey ? 10 : 100)));
    const moves = { ArrowLeft: [0, -stride], ArrowRight: [0, stride], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    if (moves[event.key]) this.place({ row: at.row + moves[event.key][0], call: at.call + moves[event.key][1] });
    else if (event.key === "Home") this.place({ ...at, call: this.view[0] });
    else if (event.key === "End") this.place({ ...at, call: this.view[1] });
    else if (event.key === "Enter" || event.key === " ") this.toggle(at.row);
    else if (event.key === "+" || event.key === "=") this.zoom("in");
    else if (event.key === "-") this.zoom("out");
    else if (event.key === "0") this.zoom("all");
    else if (event.key === "Escape") this.place(null);
    else return;
    event.preventDefault();
  }

  zoom(way) {
    const [a, b] = this.view, last = Math.max(data.calls, 1);
    const middle = this.cursor ? this.cursor.call : (a + b) / 2;
    const half = way === "in" ? Math.max((b - a) / 4, 4) : b - a;
    this.show(way === "all" ? [1, last] : [middle - half, middle + half]);
  }

  get zoomed() { return this.view[0] > 1 || this.view[1] < data.calls; }

  show([a, b]) {
    const last = Math.max(data.calls, 1);
    this.view = [Math.max(1, Math.floor(a)), Math.min(last, Math.ceil(b))];
    this.draw();
  }

  place(cursor) {
    if (!cursor) {
      this.cursor = null;
      this.pointer.setAttribute("visibility", "hidden");
      this.readout.innerHTML = '<span class="hint">Point at the chart for details; click a row to fold it. Keys: arrows, Enter, + − 0.</span>';
      return;
    }
    if (!this.rows.length) return;
    const row = Math.min(Math.max(cursor.row, 0), this.rows.length - 1);
    const call = Math.min(Math.max(cursor.call, this.view[0]), this.view[1]);
    this.cursor = { row, call };
    const perPixel = (this.view[1] - this.view[0] + 1) / (this.width - this.left - 8);
    const last = Math.min(this.view[1], call + Math.max(0, Math.ceil(perPixel) - 1));
    const x = this.x(call + (last - call + 1) / 2);
    this.pointer.setAttribute("visibility", "visible");
    this.pointer.children[0].setAttribute("x1", x);
    this.pointer.children[0].setAttribute("x2", x);
    this.pointer.children[1].setAttribute("y", this.rowTop + row * this.rowHeight);
    this.readout.textContent = this.describe(this.rows[row], call, last);
  }

  describe({ node, finding, parent }, a, b) {
    const when = (a === b ? `call ${format(a)}` : `calls ${format(a)} to ${format(b)}`) + this.around(a);
    if (finding) {
      const wrong = finding.spans.some(([first, last]) => first <= b && last >= a);
      const rate = finding.p === null ? "" : ` (p=${finding.p})`;
      return `${finding.op}()${rate} in ${finding.layers[0] || this.model.name} · ${when} · ${wrong ? `finding ${finding.number} ${finding.name}` : "not wrong"}`;
    }
    const m = measure(this.model, node.layers, a, b), layer = node.layer;
    const name = parent ? node.name : node.path ? node.path : this.model.name;
    const what = layer ? ` (${layer.type}${layer.p === null ? "" : `, p=${layer.p}`})` : ` (${plural(node.layers.length, "layer")} whose mode matters)`;
    if (!m.calls) return `${name}${what} · ${when} · not called`;
    const modes = { train: "train mode", eval: "eval mode", mixed: `${Math.round((100 * m.train) / (m.train + m.evaluating))} % in train mode, the rest in eval mode` };
    const grads = { on: "gradients on", off: "gradients off", both: "gradients partly on" };
    const hit = this.findings.filter((item) => item.spans.some(([first, last]) => first <= b && last >= a)).map((item) => `${item.number} ${item.name}`);
    return `${name}${what} · ${when} · ${modes[modeOf(m)]} · ${grads[gradOf(m)]}${hit.length ? ` · finding ${hit.join(", ")}` : ""}`;
  }

  // Steps, epoch, time and loss at a call.
  around(call) {
    const parts = [`, after ${plural(stepsBefore(call), "optimizer step")}`];
    const epoch = data.epochs.filter((item) => item[1] < call).pop(), loss = data.losses.filter((item) => item[1] < call + 1).pop();
    if (epoch) parts.push(`, epoch ${short(epoch[0])}`);
    if (data.times.length) parts.push(`, ${clock(secondsAt(call))}`);
    if (loss && loss[0] !== null && this.model.steps) parts.push(`, loss ${short(loss[0])}`);
    return parts.join("");
  }
}

const short = (n) => String(Number(n.toPrecision(4)));

// When call number `call` began, between the calls of which the time is known.
function secondsAt(call) {
  const times = data.times;
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle][0] < call) low = middle + 1; else high = middle;
  }
  const [a, b] = [times[low - 1] || times[0], times[low] || [data.calls, data.seconds]];
  return b[0] <= a[0] ? b[1] : a[1] + ((b[1] - a[1]) * Math.max(0, call - a[0])) / (b[0] - a[0]);
}

// How many optimizer steps had been made when call number `call` began.
function stepsBefore(call) {
  const marks = data.step_marks;
  let low = 0, high = marks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle][1] < call) low = middle + 1; else high = middle;
  }
  if (!low) return 0;
  const [step, at] = marks[low - 1], next = marks[low];
  if (!next || next[0] - step <= 1) return next ? step : data.steps;
  return Math.round(step + ((next[0] - step) * Math.min(1, (call - 1 - at) / Math.max(1, next[1] - at))));
}

const charts = new Map();
for (const section of document.querySelectorAll(".model")) {
  const model = data.models.find((item) => item.number === Number(section.dataset.model));
  charts.set(model.name, new Chart(section, model));
}
for (const link of document.querySelectorAll("[data-show]")) {
  link.addEventListener("click", () => {
    const finding = data.findings.find((item) => item.number === Number(link.dataset.show));
    const chart = charts.get(finding.model), margin = Math.max(3, (finding.last - finding.first) * 0.25);
    if (!chart) return;
    chart.section.closest("details")?.setAttribute("open", "");
    chart.show([finding.first - margin, finding.last + margin]);
    chart.place({ row: 0, call: finding.first });
    chart.box.focus({ preventScroll: true });
    chart.section.scrollIntoView({ block: "start" });
  });
}
// A page that is loaded again, as a live one is, shows what it showed.
try {
  const key = `view of ${location.pathname}`, kept = JSON.parse(sessionStorage.getItem(key) || "null");
  if (kept) {
    for (const [name, { view, search }] of kept.charts) {
      const chart = charts.get(name);
      if (!chart) continue;
      if (chart.search) chart.search.value = search;
      chart.show(view || chart.view);
    }
    requestAnimationFrame(() => scrollTo(0, kept.scroll));
  }
  addEventListener("pagehide", () => {
    const states = [...charts].map(([name, chart]) => [name, { view: chart.zoomed ? chart.view : null, search: chart.search?.value || "" }]);
    sessionStorage.setItem(key, JSON.stringify({ scroll: scrollY, charts: states }));
  });
} catch {
  // Nothing can be kept here; the page begins anew.
}
let waiting = null;
const redraw = () => charts.forEach((chart) => chart.draw());
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 80); });
addEventListener("beforeprint", redraw);
document.querySelectorAll("details").forEach((box) => box.addEventListener("toggle", redraw));
document.documentElement.dataset.drawn = String(charts.size);
