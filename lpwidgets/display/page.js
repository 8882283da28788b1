const read = (id) => document.getElementById(id).textContent;
const packed = Uint8Array.from(atob(read("frame")), (character) => character.charCodeAt(0));
const unpacking = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
const frame = new DataView(await new Response(unpacking).arrayBuffer());
const traits = { frame, selection: [], highlight: [], ...JSON.parse(read("traits")) };
const handlers = new Map();
const model = {
  get: (name) => traits[name],
  set: (name, value) => {
    traits[name] = value;
    for (const handler of handlers.get(`change:${name}`) ?? []) handler();
  },
  save_changes: () => {},
  on: (event, handler) => handlers.set(event, [...(handlers.get(event) ?? []), handler]),
  off: () => {},
};
const { signal } = new AbortController();
const definition = startWidget();
definition.initialize({ model, signal });
definition.render({ model, el: document.querySelector("main"), signal });
