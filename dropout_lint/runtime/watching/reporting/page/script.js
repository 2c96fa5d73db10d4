"use strict";
// Draws the timelines.  The data are in the page; nothing is fetched.
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const ROW = 17, LANE = 18, AXIS = 36, TOP = 6, MOST_ROWS = 26;
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

// How deep to unfold at first: as deep as the rows fit.
function unfold(tree) {
  const open = new Set([tree]);
  let count = 1 + tree.children.length, level = tree.children;
  while (level.length) {
    const next = level.flatMap((node) => node.children);
    if (!next.length || count + next.length > MOST_ROWS) break;
    level.forEach((node) => node.children.length && open.add(node));
    count += next.length;
    level = next;
  }
  return open;
}

function rowsOf(tree, open) {
  const rows = [];
  const visit = (node, depth) => {
    rows.push({ node, depth });
    if (open.has(node)) node.children.forEach((child) => visit(child, depth + 1));
  };
  visit(tree, 0);
  return rows;
}

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
    this.open = unfold(this.tree);
    this.findings = data.findings.filter((finding) => finding.model === model.name);
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
    section.querySelectorAll("[data-zoom]").forEach((button) =>
      button.addEventListener("click", () => this.zoom(button.dataset.zoom)));
    this.draw();
  }

  get left() { return Math.min(240, Math.max(110, this.width * 0.24)); }
  x(call) { return this.left + ((call - this.view[0]) / (this.view[1] - this.view[0] + 1)) * (this.width - this.left - 8); }
  call(x) {
    const call = this.view[0] + Math.floor(((x - this.left) / (this.width - this.left - 8)) * (this.view[1] - this.view[0] + 1));
    return Math.min(this.view[1], Math.max(this.view[0], call));
  }

  draw() {
    this.width = Math.max(320, this.box.clientWidth);
    this.rows = rowsOf(this.tree, this.open);
    const svg = element("svg", { "aria-hidden": "true" });
    this.addPatterns(svg);
    let y = TOP;
    this.laneTop = y;
    const lanes = this.findingLanes();
    if (this.findings.length) {
      this.label(svg, "findings", y + LANE * lanes.length / 2, 0, true);
      lanes.forEach((lane, index) => lane.forEach((finding) => this.drawFinding(svg, finding, y + index * LANE)));
      y += LANE * lanes.length + 3;
    }
    if (this.exports.length) {
      this.label(svg, "exports", y + LANE / 2, 0, true);
      for (const item of this.exports) {
        const at = this.x(item.call + 1);
        if (item.call + 1 < this.view[0] || item.call > this.view[1]) continue;
        svg.append(element("path", { d: `M${at - 6},${y + 3}h12l-6,11z`, fill: "var(--export)" }));
      }
      y += LANE;
    }
    this.label(svg, "optimizer steps", y + LANE / 2, 0, true);
    this.drawSteps(svg, y);
    y += LANE;
    this.label(svg, "gradients", y + LANE / 2, 0, true);
    this.strip(svg, this.tree, y + 2, LANE - 6, (m) => gradOf(m), { on: "var(--step)", off: `url(#off-${this.id})`, both: `url(#some-${this.id})` });
    y += LANE + 5;
    this.rowTop = y;
    const fills = { train: "var(--train)", eval: "var(--eval)", mixed: `url(#mixed-${this.id})` };
    this.rows.forEach(({ node, depth }, index) => {
      const top = y + index * ROW;
      this.rowLabel(svg, node, depth, top);
      this.strip(svg, node, top + 1, ROW - 2, modeOf, fills);
    });
    y += this.rows.length * ROW + 4;
    this.drawAxis(svg, y);
    y += AXIS;
    for (const finding of this.findings) {
      const [a, b] = this.span(finding);
      if (b >= this.left) svg.append(element("path", { d: `M${a},${this.rowTop - 3}V${y - AXIS}M${b},${this.rowTop - 3}V${y - AXIS}`, stroke: "var(--bad)", "stroke-width": 1, "stroke-dasharray": "3 3", fill: "none" }));
    }
    this.pointer = element("g", { visibility: "hidden", "pointer-events": "none" });
    this.pointer.append(element("line", { y1: TOP, y2: y - AXIS, stroke: "var(--cursor)", "stroke-width": 1 }));
    this.pointer.append(element("rect", { x: 1, width: this.width - 2, height: ROW, fill: "none", stroke: "var(--cursor)", "stroke-width": 1 }));
    svg.append(this.pointer);
    svg.setAttribute("viewBox", `0 0 ${this.width} ${y}`);
    svg.setAttribute("height", y);
    this.box.replaceChildren(svg);
    this.place(this.cursor);
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

  label(svg, text, middle, indent, quiet) {
    svg.append(element("text", { x: 8 + indent, y: middle + 4, class: quiet ? "quiet" : "" }, text));
  }

  rowLabel(svg, node, depth, top) {
    const indent = Math.min(depth, 8) * 11, room = Math.floor((this.left - 30 - indent) / 6.7);
    const sign = node.children.length ? (this.open.has(node) ? "▾" : "▸") : " ";
    const more = node.children.length && !this.open.has(node) ? ` (${node.layers.length})` : "";
    let name = node.name + more;
    const kept = Math.max(room - 1, 4);
    if (name.length > room) name = depth ? `…${name.slice(-kept)}` : `${name.slice(0, kept)}…`;
    if (node.children.length) svg.append(element("text", { x: 6 + indent, y: top + 12, class: "quiet" }, sign));
    svg.append(element("text", { x: 18 + indent, y: top + 12.5 }, name));
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
    const right = this.width - 8, columns = new Set();
    const every = data.step_marks.length > 1 ? data.step_marks[1][0] - data.step_marks[0][0] : 1;
    const gap = every * 2 * (data.calls / Math.max(data.steps, 1));
    let before = null;
    for (const [, call] of data.step_marks) {
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

  span(finding) {
    const a = this.x(Math.max(finding.first, this.view[0])), b = this.x(Math.min(finding.last, this.view[1]) + 1);
    return finding.last < this.view[0] || finding.first > this.view[1] ? [-9, -9] : [a, Math.max(b, a + 3)];
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
    const [a, b] = this.span(finding);
    if (b < this.left) return;
    svg.append(element("rect", { x: a, y: y + 6, width: b - a, height: 6, fill: "var(--bad)" }));
    const at = Math.min(Math.max((a + b) / 2, this.left + 9), this.width - 18);
    svg.append(element("circle", { cx: at, cy: y + 9, r: 8, fill: "var(--bad)" }));
    svg.append(element("text", { x: at, y: y + 13, "text-anchor": "middle", style: "fill:var(--paper);font-weight:650;font-size:11px" }, finding.number));
  }

  drawAxis(svg, y) {
    const span = this.view[1] - this.view[0] + 1, right = this.width - 8;
    const rough = span / Math.max(2, Math.floor((right - this.left) / 110)), power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
    const unit = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough));
    svg.append(element("line", { x1: this.left, x2: right, y1: y, y2: y, stroke: "var(--line)" }));
    this.label(svg, "calls of models", y + 11, 0, true);
    this.label(svg, "optimizer steps so far", y + 25, 0, true);
    let end = -Infinity;
    for (let call = Math.ceil(this.view[0] / unit) * unit; call <= this.view[1]; call += unit) {
      const x = this.x(call), texts = [format(call), format(stepsBefore(call))];
      const half = 3.4 * Math.max(...texts.map((text) => text.length));
      svg.append(element("line", { x1: x, x2: x, y1: y, y2: y + 4, stroke: "var(--quiet)" }));
      if (x - half < end + 8 || x + half > this.width) continue;
      texts.forEach((text, index) => svg.append(element("text", { x, y: y + 15 + 14 * index, "text-anchor": "middle", class: "axis" }, text)));
      end = x + half;
    }
  }

  point(event) {
    const box = this.box.getBoundingClientRect();
    this.place({ row: Math.floor((event.clientY - box.top - this.rowTop) / ROW), call: this.call(event.clientX - box.left) });
  }

  click(event) {
    this.point(event);
    this.toggle(this.cursor.row);
  }

  toggle(index) {
    const row = this.rows[index];
    if (!row || !row.node.children.length) return;
    if (this.open.has(row.node)) this.open.delete(row.node); else this.open.add(row.node);
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
    const row = Math.min(Math.max(cursor.row, 0), this.rows.length - 1);
    const call = Math.min(Math.max(cursor.call, this.view[0]), this.view[1]);
    this.cursor = { row, call };
    const perPixel = (this.view[1] - this.view[0] + 1) / (this.width - this.left - 8);
    const last = Math.min(this.view[1], call + Math.max(0, Math.ceil(perPixel) - 1));
    const x = this.x(call + (last - call + 1) / 2);
    this.pointer.setAttribute("visibility", "visible");
    this.pointer.children[0].setAttribute("x1", x);
    this.pointer.children[0].setAttribute("x2", x);
    this.pointer.children[1].setAttribute("y", this.rowTop + row * ROW);
    this.readout.textContent = this.describe(this.rows[row].node, call, last);
  }

  describe(node, a, b) {
    const m = measure(this.model, node.layers, a, b), layer = node.layer;
    const name = node.path ? node.path : this.model.name;
    const what = layer ? ` (${layer.type}${layer.p === null ? "" : `, p=${layer.p}`})` : ` (${plural(node.layers.length, "layer")} whose mode matters)`;
    const when = a === b ? `call ${format(a)}` : `calls ${format(a)} to ${format(b)}`;
    if (!m.calls) return `${name}${what} · ${when} · not called`;
    const modes = { train: "train mode", eval: "eval mode", mixed: `${Math.round((100 * m.train) / (m.train + m.evaluating))} % in train mode, the rest in eval mode` };
    const grads = { on: "gradients on", off: "gradients off", both: "gradients partly on" };
    const hit = this.findings.filter((finding) => finding.first <= b && finding.last >= a).map((finding) => `${finding.number} ${finding.name}`);
    return `${name}${what} · ${when}, after ${plural(stepsBefore(a), "optimizer step")} · ${modes[modeOf(m)]} · ${grads[gradOf(m)]}${hit.length ? ` · finding ${hit.join(", ")}` : ""}`;
  }
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
let waiting = null;
const redraw = () => charts.forEach((chart) => chart.draw());
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 80); });
addEventListener("beforeprint", redraw);
document.querySelectorAll("details").forEach((box) => box.addEventListener("toggle", redraw));
document.documentElement.dataset.drawn = String(charts.size);
