// The page that benchmarks/render.py measures: a bare one, under a strict policy.

import widget from "./widget.js";

const frames = new Map();
let model;
let signal;

class Model {
  #values;
  #handlers = new Map();

  constructor(values) {
    this.#values = values;
  }
  get(name) {
    return this.#values[name];
  }
  set(name, value) {
    this.#values[name] = value;
    this.emit(`change:${name}`);
  }
  save_changes() {}
  on(event, handler) {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }
  off() {}
  emit(event, ...values) {
    for (const handler of this.#handlers.get(event) ?? []) handler(...values);
  }
}

const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
  });

const loaded = async (name) => {
  if (!frames.has(name)) frames.set(name, await (await fetch(name)).arrayBuffer());
  return frames.get(name);
};

window.bench = {
  /** Has a frame in memory; returns its bytes. */
  load: async (name) => (await loaded(name)).byteLength,

  /** Draws a keyframe; returns the milliseconds from data in memory to pixels. */
  async show(name) {
    const frame = new DataView((await loaded(name)).slice(0));
    signal?.abort();
    signal = new AbortController();
    document.querySelector("main").replaceChildren();
    await painted();
    const start = performance.now();
    model = new Model({ frame, address: "here", color: "probability", selection: [], highlight: [] });
    const definition = widget();
    definition.initialize({ model, signal: signal.signal });
    definition.render({ model, el: document.querySelector("main"), signal: signal.signal });
    await painted();
    return performance.now() - start;
  },

  /** Sends frames of one file, `[size, frame, size, frame, …]`, one to a drawn frame. */
  async stream(name, from, to) {
    const all = await loaded(name);
    const sizes = new DataView(all);
    let at = 0;
    for (let k = 0; k < to && at < all.byteLength; k++) {
      const size = sizes.getUint32(at, true);
      if (k >= from) {
        model.emit("msg:custom", { type: "append", to: [["here"]] }, [new DataView(all, at + 8, size)]);
        await painted();
      }
      at += 8 + size;
    }
  },

  /** Scrolls through everything; returns the longest task and the longest frame in ms. */
  async scroll(steps) {
    const seen = [0];
    const observer = new PerformanceObserver((list) => {
      seen.push(...list.getEntries().map(({ duration }) => duration));
    });
    observer.observe({ type: "longtask" });
    const frame = [];
    const height = document.documentElement.scrollHeight - innerHeight;
    for (let k = 0; k <= steps; k++) {
      scrollTo(0, k % 2 ? (height * k) / steps : scrollY + 400);
      const start = performance.now();
      await painted();
      frame.push(performance.now() - start);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    observer.disconnect();
    return { task: Math.max(...seen), frame: Math.max(...frame) };
  },

  /** Moves from token to token; returns the milliseconds until each card is laid out. */
  async hover(count) {
    const tokens = [...document.querySelectorAll(".lpw-token")].filter((token) => {
      const { top, bottom } = token.getBoundingClientRect();
      return top > 0 && bottom < innerHeight;
    });
    const times = [];
    for (let k = 0; k <= count; k++) {
      const token = tokens[(k * 7) % tokens.length];
      const start = performance.now();
      token.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: "touch" }));
      document.querySelector(".lpw-card").getBoundingClientRect();
      times.push(performance.now() - start);
      await painted();
    }
    return times.slice(1);
  },

  /** Colours by another metric; returns the milliseconds until it is on the page. */
  async recolor(name) {
    const start = performance.now();
    model.set("color", name);
    await painted();
    return performance.now() - start;
  },
};
