// What benchmarks/rivals.py compares: other packages' views of the same tokens.

const painted = () =>
  new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
  });

const loaded = async (name) => (await fetch(name)).text();

const drawn = async (root, count) => {
  while (root.querySelectorAll("span").length < count) await painted();
  await painted();
};

const main = document.querySelector("main");
const tasks = { turn: 0 };

/** An empty guidance page in a frame, ready to be told. */
const openGuidance = async () => {
  const frame = document.createElement("iframe");
  frame.style = "width: 100%; height: 800px; border: 0";
  const ready = new Promise((resolve) => {
    const listen = ({ data }) => {
      if (data?.type !== "init_stitch") return;
      removeEventListener("message", listen);
      resolve();
    };
    addEventListener("message", listen);
  });
  frame.src = "graphpaper";
  main.replaceChildren(frame);
  await ready;
  await painted();
  return frame;
};

const tell = (frame, type, content) => frame.contentWindow.postMessage({ type, content }, "*");

let open;
let told;

window.bench = {
  /** Milliseconds from JSON in memory to pixels. */
  async circuitsvis(count) {
    const text = await loaded(`circuitsvis-${count}`);
    if (!window.CircuitsVis) {
      await new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = "circuitsvis.js";
        script.onload = resolve;
        document.head.append(script);
      });
    }
    const root = document.createElement("div");
    root.id = `circuitsvis-${tasks.turn++}`;
    main.replaceChildren(root);
    await painted();
    const start = performance.now();
    CircuitsVis.render(root.id, CircuitsVis.TokenLogProbs, JSON.parse(text));
    await drawn(root, count);
    const end = performance.now() - start;
    root.remove();
    return end;
  },

  /** Milliseconds from the saved state in memory to pixels. */
  async guidance(count) {
    const text = await loaded(`guidance-${count}`);
    const frame = await openGuidance();
    const start = performance.now();
    tell(frame, "init_state", text);
    await drawn(frame.contentDocument, count);
    return performance.now() - start;
  },

  /** Begins a stream. */
  async begin(count) {
    open = await openGuidance();
    told = JSON.parse(await loaded(`messages-${count}`));
  },

  /** Sends one message a token, so many tokens to a drawn frame. */
  async stream(from, to, together) {
    for (let at = from; at < to; at += together) {
      for (const message of told.slice(at, Math.min(to, at + together))) {
        tell(open, "kernelmsg", message);
      }
      await painted();
    }
    await drawn(open.contentDocument, to);
  },
};
