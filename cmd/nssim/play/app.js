// SPDX-License-Identifier: GPL-2.0-only

// The page: an editor, the lines with their results, the drawing, and what the last
// line did. The model is WebAssembly (cmd/playground); everything that can be shared is
// in the part of the address behind #.
import { Graph } from "./graph.js";

const $ = (id) => document.getElementById(id);
const first = `# A socket brings back a network namespace that nobody could see any more.
init: fork() = t1
t1:   unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0
t1:   socket(AF_INET, SOCK_DGRAM, 0) = sk
t1:   open("/proc/self/ns/net", O_RDONLY) = fd
t1:   ioctl(fd, NS_GET_ID, &net) = 0
t1:   close(fd) = 0
t1:   sendfd(init, sk) = sk2  # SCM_RIGHTS
t1:   exit_group(0)
init: wait4(t1) = t1
?     active(net) == 0
init: listns({ns_type=NET_NS}, 64) lacks net
init: ioctl(sk2, SIOCGSKNS) = nfd
?     active(net) == 1
init: listns({ns_type=NET_NS}, 64) = [7, net]
`;

const state = { name: "editor.ns", at: 0, page: null, load: "", tab: "trace", choice: "", difference: null };

// call asks the model.
function call(method, request) {
  const answer = JSON.parse(nssimCall(method, JSON.stringify(request)));
  if (answer?.error) throw answer;
  return answer;
}

const config = (n) => ({
  kernel: $("kernel" + n).value, semantics: $("semantics" + n).value,
  bugs: $("bug" + n).value ? [$("bug" + n).value] : [],
});
const comparing = () => $("comparing").checked;

const graphs = { a: new Graph($("a").querySelector(".drawing"), why), b: new Graph($("b").querySelector(".drawing"), whyOther) };

// show puts one player's page into one figure.
function show(id, page) {
  $(id).querySelector("figcaption").textContent = page.header.replace("nssim: ", "");
  graphs[id].draw(page.dot, page.names);
}

// open reads the text of the editor anew and goes to where we were.
function open() {
  try {
    state.page = call("open", { player: "a", name: state.name, text: $("text").value, at: state.at, config: config("") });
    mistakes([]);
  } catch (e) {
    mistakes(e.mistakes ?? [{ line: 0, column: 0, text: e.error ?? String(e) }]);
    return false;
  }
  state.difference = null;
  if (comparing()) {
    call("open", { player: "b", name: state.name, text: $("text").value, at: state.at, config: config("2") });
    state.difference = call("compare", { name: state.name, text: $("text").value, config: config(""), other: config("2") });
  }
  render();
  return true;
}

function go(at) {
  if (!state.page) return;
  const n = Math.max(0, Math.min(at, state.page.lines.length));
  state.page = call("go", { player: "a", at: n });
  state.at = state.page.at;
  render();
}

function render() {
  const p = state.page;
  state.at = p.at;
  show("a", p);
  $("b").hidden = !comparing();
  if (comparing()) show("b", call("go", { player: "b", at: p.at }));
  renderLines(p);
  renderTrace(p);
  $("tree").textContent = p.tree;
  renderDifference();
  if (state.choice) why(state.choice, true);
  $("back").disabled = $("first").disabled = p.at === 0;
  $("next").disabled = $("last").disabled = p.done;
  const where = $("where");
  where.replaceChildren(`line ${p.at} of ${p.lines.length} `);
  if (p.done) {
    const s = document.createElement("span");
    s.className = p.outcome;
    s.textContent = p.outcome;
    where.append(s);
  }
  highlight();
  remember();
}

function renderLines(p) {
  const list = $("lines");
  list.replaceChildren(...p.lines.map((l, i) => {
    const li = document.createElement("li");
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = l.text;
    b.tabIndex = i === Math.max(0, p.at - 1) ? 0 : -1;
    b.addEventListener("click", () => go(i + 1));
    li.classList.toggle("ran", l.ran);
    li.classList.toggle("at", i === p.at - 1);
    li.classList.toggle("failed", !!l.failed);
    li.classList.toggle("differs", state.difference?.first === i);
    li.append(b);
    if (l.failed) li.append(note(l.failed));
    if (i === p.at - 1) for (const f of p.findings) li.append(note("broken: " + f));
    return li;
  }));
  list.querySelector(".at")?.scrollIntoView({ block: "nearest" });
}

function note(text) {
  const div = document.createElement("div");
  div.className = "why";
  div.textContent = text;
  return div;
}

function renderTrace(p) {
  $("trace").replaceChildren(...p.trace.map((t) => {
    const s = document.createElement("span");
    s.textContent = t + "\n";
    if (t.includes("WARNING")) s.className = "warning";
    else if (t.includes(" -> ")) s.className = "count";
    return s;
  }));
  if (p.trace.length === 0) $("trace").textContent = p.at ? "This line changed no count." : "Run a line to see what it does in the kernel.";
}

function renderDifference() {
  const d = state.difference;
  $("tab-difference").hidden = !d;
  if (!d) {
    if (state.tab === "difference") tab("trace");
    return;
  }
  const table = document.createElement("table");
  const row = (cell, a, b) => {
    const tr = table.insertRow();
    for (const t of [a, b]) {
      const td = document.createElement(cell);
      td.textContent = t ?? "";
      tr.append(td);
    }
    return tr;
  };
  row("th", $("a").querySelector("figcaption").textContent, $("b").querySelector("figcaption").textContent);
  const n = Math.max(d.A.lines.length, d.B.lines.length);
  for (let i = 0; i < n; i++) row("td", d.A.lines[i], d.B.lines[i]).classList.toggle("first", i === d.first);
  row("td", d.A.end, d.B.end);
  const p = document.createElement("p");
  p.id = "verdict";
  p.textContent = d.first < 0 ? "No line's result differs." : `The first difference is at line ${d.first + 1}.`;
  $("difference").replaceChildren(p, table);
}

function why(name, quietly) { explain("a", name, quietly); }
function whyOther(name) { explain("b", name, false); }

function explain(player, name, quietly) {
  if (player === "a") state.choice = name;
  try {
    $("holders").textContent = call("why", { player, name }).text;
  } catch (e) {
    $("holders").textContent = e.error;
  }
  if (!quietly) tab("holders");
}

const tabs = ["trace", "holders", "tree", "difference", "search"];

function tab(name) {
  state.tab = name;
  for (const t of tabs) {
    $(t).hidden = t !== name;
    $("tab-" + t).setAttribute("aria-selected", String(t === name));
    $("tab-" + t).tabIndex = t === name ? 0 : -1;
  }
}

// ---- the editor

let wrong = [];

function mistakes(list) {
  wrong = list;
  $("mistakes").replaceChildren(...list.map((m) => {
    const li = document.createElement("li");
    li.textContent = m.line ? `${m.line}:${m.column}: ${m.text}` : m.text;
    return li;
  }));
  highlight();
}

// highlight marks the line that was run last and the mistakes behind the text.
function highlight() {
  const lines = $("text").value.split("\n");
  const now = state.page && state.at > 0 ? state.page.lines[state.at - 1]?.line : 0;
  const bad = new Set(wrong.map((m) => m.line));
  $("gutter").textContent = lines.map((_, i) => (i + 1 === now ? "▶" : bad.has(i + 1) ? "✗" : "") + String(i + 1).padStart(3)).join("\n") + "\n";
  $("backdrop").replaceChildren(...lines.map((l, i) => {
    const s = document.createElement("span");
    s.textContent = l + "\n";
    if (i + 1 === now) s.className = "now";
    if (bad.has(i + 1)) s.className = "bad";
    return s;
  }));
  scrolled();
}

function scrolled() {
  $("backdrop").scrollTop = $("gutter").scrollTop = $("text").scrollTop;
  $("backdrop").scrollLeft = $("text").scrollLeft;
}

let timer = 0;

function edited() {
  state.load = "";
  $("library").value = "";
  state.name = "editor.ns";
  highlight();
  clearTimeout(timer);
  timer = setTimeout(open, 250);
}

function setText(text, name, at) {
  $("text").value = text;
  state.name = name;
  state.at = at;
  state.choice = "";
  open();
}

function loadFile(path, at) {
  state.load = path;
  setText(call("load", { name: path }).text, path, at);
}

// ---- the address

async function deflate(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let s = "";
  for (const b of bytes) s += String.fromCharCode(b);
  return btoa(s).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function inflate(code) {
  const bytes = Uint8Array.from(atob(code.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
}

let written = "";
let defaults = {};

// address is the part behind # for what is shown now.
async function address() {
  const q = new URLSearchParams();
  if (state.load) q.set("load", state.load);
  else q.set("p", await deflate($("text").value));
  for (const n of comparing() ? ["", "2"] : [""]) {
    for (const k of ["kernel", "semantics", "bug"]) {
      if ($(k + n).value !== defaults[k]) q.set(k + n, $(k + n).value);
    }
  }
  if (comparing()) q.set("compare", "1");
  if (state.at) q.set("step", state.at);
  if (document.body.classList.contains("embed")) q.set("embed", "1");
  return "#" + q.toString();
}

async function remember() {
  const hash = await address();
  written = hash;
  history.replaceState(null, "", hash);
}

async function recall() {
  if (location.hash === written && written) return;
  const q = new URLSearchParams(location.hash.slice(1));
  document.body.classList.toggle("embed", q.get("embed") === "1");
  $("comparing").checked = q.get("compare") === "1";
  $("other").hidden = !comparing();
  for (const n of ["", "2"]) {
    for (const k of ["kernel", "semantics", "bug"]) {
      const el = $(k + n);
      const want = q.get(k + n) ?? defaults[k];
      el.value = [...el.options].some((o) => o.value === want) ? want : defaults[k];
    }
  }
  const at = Number.parseInt(q.get("step") ?? "0", 10) || 0;
  const path = q.get("load");
  try {
    if (path) {
      $("library").value = path;
      loadFile(path, at);
    } else {
      state.load = "";
      setText(q.has("p") ? await inflate(q.get("p")) : first, "editor.ns", at);
    }
  } catch (e) {
    mistakes([{ line: 0, column: 0, text: e.error ?? "this address holds no program" }]);
  }
}

// ---- start

function fill(select, list, chosen) {
  for (const c of list) {
    const o = new Option(c.name, c.name);
    o.title = c.doc;
    select.add(o);
  }
  if (chosen) select.value = chosen;
}

function fillLibrary() {
  const groups = new Map();
  for (const e of call("library", {})) {
    if (!groups.has(e.group)) {
      const g = document.createElement("optgroup");
      g.label = e.group;
      groups.set(e.group, g);
      $("library").append(g);
    }
    groups.get(e.group).append(new Option(e.name, e.path));
  }
}

function configChanged() {
  $("other").hidden = !comparing();
  if (open() && state.difference && state.tab === "trace") tab("difference");
}

const keys = {
  n: () => go(state.at + 1), ArrowRight: () => go(state.at + 1), Enter: () => go(state.at + 1),
  b: () => go(state.at - 1), ArrowLeft: () => go(state.at - 1), Backspace: () => go(state.at - 1),
  Home: () => go(0), End: () => go(Infinity),
  e: () => $("text").focus(),
  t: () => tab("trace"), h: () => tab("holders"), r: () => tab("tree"),
  c: () => { $("comparing").checked = !comparing(); configChanged(); },
  d: () => { if (state.difference?.first >= 0) go(state.difference.first + 1); },
  "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => zoom(0),
  "?": () => $("keys").showModal(),
};

function zoom(by) {
  graphs.a.scale(by);
  graphs.b.scale(by);
}

function pressed(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || $("keys").open) return;
  const t = e.target;
  if (t === $("text")) {
    if (e.key === "Escape") t.blur();
    return;
  }
  if (t.matches("select, input") && e.key !== "Escape") return;
  if (t.matches("button, g") && e.key === "Enter") return;
  if (keys[e.key]) {
    e.preventDefault();
    keys[e.key]();
  }
}

function tabKeys(e) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (!step) return;
  e.preventDefault();
  e.stopPropagation();
  const shown = tabs.filter((t) => !$("tab-" + t).hidden);
  tab(shown[(shown.indexOf(state.tab) + step + shown.length) % shown.length]);
  $("tab-" + state.tab).focus();
}

function listen() {
  $("text").addEventListener("input", edited);
  $("text").addEventListener("scroll", scrolled);
  $("first").addEventListener("click", keys.Home);
  $("back").addEventListener("click", keys.b);
  $("next").addEventListener("click", keys.n);
  $("last").addEventListener("click", keys.End);
  $("help").addEventListener("click", keys["?"]);
  for (const id of ["kernel", "semantics", "bug", "kernel2", "semantics2", "bug2", "comparing"]) {
    $(id).addEventListener("change", configChanged);
  }
  $("library").addEventListener("change", () => {
    if ($("library").value) loadFile($("library").value, 0);
  });
  $("tidy").addEventListener("click", () => {
    try {
      setText(call("format", { name: state.name, text: $("text").value }).text, state.name, state.at);
    } catch (e) {
      mistakes(e.mistakes ?? []);
    }
  });
  $("share").addEventListener("click", async () => {
    await remember();
    try {
      await navigator.clipboard.writeText(location.href);
      $("where").textContent = "the link is in the clipboard";
    } catch {
      $("where").textContent = "the link is in the address bar";
    }
  });
  for (const t of tabs) $("tab-" + t).addEventListener("click", () => tab(t));
  $("tabs").addEventListener("keydown", tabKeys);
  document.addEventListener("keydown", pressed);
  window.addEventListener("hashchange", recall);
}

async function start() {
  const go = new Go();
  const ready = new Promise((resolve) => { window.nssimReady = resolve; });
  const model = await WebAssembly.instantiateStreaming(fetch("nssim.wasm"), go.importObject);
  go.run(model.instance);
  await ready;
  const choices = call("choices", {});
  defaults = { kernel: choices.default[0].name, semantics: choices.default[1].name, bug: "" };
  for (const n of ["", "2"]) {
    fill($("kernel" + n), choices.kernels, defaults.kernel);
    fill($("semantics" + n), choices.semantics, defaults.semantics);
    fill($("bug" + n), choices.switches, "");
  }
  fillLibrary();
  listen();
  $("loading").hidden = true;
  await recall();
  document.body.dataset.ready = "1";
}

start().catch((e) => { $("loading").textContent = "the model could not be loaded: " + (e.message ?? e); });
