// The page that benchmarks/tree.py measures: a bare one, under a strict policy.

import widget from "./tree.js";

let values;
let signal;

const model = {
  get: (name) => values[name],
  set() {},
  save_changes() {},
  send() {},
  on() {},
  off() {},
};

const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
  });

window.bench = {
  async load() {
    const frame = await (await fetch("frame")).arrayBuffer();
    const tree = await (await fetch("structure")).json();
    values = { frame: new DataView(frame), tree, color: "probability", can_branch: true, error: "" };
  },

  /** Opens the tree; returns the milliseconds from data in memory to pixels. */
  async open() {
    signal?.abort();
    signal = new AbortController();
    document.querySelector("main").replaceChildren();
    await painted();
    const start = performance.now();
    const definition = widget();
    const el = document.querySelector("main");
    definition.initialize({ model, signal: signal.signal });
    definition.render({ model, el, signal: signal.signal });
    await painted();
    return performance.now() - start;
  },

  /** Opens or folds all branches; returns the milliseconds until that is on the page. */
  async toggleAll() {
    scrollTo(0, 0);
    await painted();
    const start = performance.now();
    const token = document.querySelector(".lpw-token");
    token.dispatchEvent(new KeyboardEvent("keydown", { key: "*", bubbles: true }));
    await painted();
    return performance.now() - start;
  },

  /** Scrolls through everything; returns the longest task in ms, 0 if none took 50. */
  async scroll(steps) {
    const seen = [0];
    const observer = new PerformanceObserver((list) => {
      seen.push(...list.getEntries().map(({ duration }) => duration));
    });
    observer.observe({ type: "longtask" });
    for (let k = 0; k <= steps; k++) {
      const height = document.documentElement.scrollHeight - innerHeight;
      scrollTo(0, k % 2 ? (height * k) / steps : scrollY + 400);
      await painted();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    observer.disconnect();
    return Math.max(...seen);
  },
};
