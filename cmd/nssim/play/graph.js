// SPDX-License-Identifier: GPL-2.0-only

// A drawing that moves: Graphviz lays out each state, and what is in both of two
// states slides from its old place to its new one.
import * as Viz from "./vendor/viz.js";

const viz = await Viz.instance();
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Graph {
  constructor(box, choose) {
    this.box = box;
    this.choose = choose;
    this.chosen = "";
    this.svg = null;
    this.zoom = d3.zoom().scaleExtent([0.2, 8]).on("zoom", (e) => {
      this.svg?.select("g.view").attr("transform", e.transform);
    });
  }

  // draw shows a graph in the language of Graphviz; names has the nodes that can be chosen.
  draw(dot, names) {
    const fresh = viz.renderSVGElement(dot);
    const before = places(this.svg?.node());
    const gone = this.svg ? [...this.svg.node().querySelectorAll("g.node")] : [];
    const old = this.svg?.node();
    const view = document.createElementNS("http://www.w3.org/2000/svg", "g");
    view.setAttribute("class", "view");
    view.append(...fresh.childNodes);
    fresh.append(view);
    fresh.removeAttribute("width");
    fresh.removeAttribute("height");
    view.querySelectorAll("title").forEach((t) => t.remove());
    view.querySelector("g.graph > polygon")?.remove();
    this.box.replaceChildren(fresh);
    this.svg = d3.select(fresh);
    this.svg.call(this.zoom).on("dblclick.zoom", null);
    if (old) this.svg.call(this.zoom.transform, d3.zoomTransform(old));
    for (const g of view.querySelectorAll("g.node.namespace")) this.clickable(g, names);
    if (!still.matches && before.size > 0) this.slide(view, before, gone);
    this.mark();
  }

  clickable(g, names) {
    if (!(g.id in names)) return;
    g.setAttribute("tabindex", "0");
    g.setAttribute("role", "button");
    g.setAttribute("aria-label", g.textContent.trim().replace(/\s+/g, " "));
    const pick = () => { this.chosen = g.id; this.mark(); this.choose(names[g.id]); };
    g.addEventListener("click", pick);
    g.addEventListener("keydown", (e) => {
      if (e.key !== "Enter" && e.key !== " ") return;
      e.preventDefault();
      e.stopPropagation();
      pick();
    });
  }

  // slide moves what was there before, and lets the rest appear and vanish.
  slide(view, before, gone) {
    const now = places(view);
    const graph = view.querySelector("g.graph");
    for (const [id, to] of now) {
      const from = before.get(id);
      const g = d3.select(to.g);
      if (!from) {
        g.style("opacity", 0).transition().delay(120).duration(250).style("opacity", 1);
      } else if (from.x !== to.x || from.y !== to.y) {
        g.attr("transform", `translate(${from.x - to.x},${from.y - to.y})`)
          .transition().duration(350).attr("transform", "translate(0,0)");
      }
    }
    d3.select(graph).selectAll("g.edge").style("opacity", 0).transition().delay(200).duration(200).style("opacity", 1);
    for (const g of gone) {
      if (now.has(g.id)) continue;
      g.removeAttribute("id");
      g.removeAttribute("tabindex");
      graph.append(g);
      d3.select(g).transition().duration(250).style("opacity", 0).remove();
    }
  }

  mark() {
    this.svg?.selectAll("g.node").classed("chosen", (_, i, all) => all[i].id === this.chosen);
  }

  scale(by) {
    if (!this.svg) return;
    if (by === 0) this.svg.call(this.zoom.transform, d3.zoomIdentity);
    else this.svg.call(this.zoom.scaleBy, by);
  }
}

// places returns where the nodes of a drawing are, by id.
function places(svg) {
  const out = new Map();
  for (const g of svg?.querySelectorAll("g.node") ?? []) {
    const t = g.querySelector("text");
    if (g.id && t) out.set(g.id, { g, x: +t.getAttribute("x"), y: +t.getAttribute("y") });
  }
  return out;
}
