// Stands in for JupyterLab: gives the extension a registry, and draws what is in the file.
const MIME = "application/vnd.lpwidgets.v1+json";
const shared = (value) => ({ "1.0.0": { get: async () => () => value } });
class Widget {
  node = document.createElement("section");
  disposed = { connect() {} };
}
const factories = [];
class Registry {
  createRenderer() {}
}
const registry = new Registry();
registry.addFactory = (factory) => factories.push(factory);
const container = window._JUPYTERLAB.lpwidgets;
container.init({
  "@jupyterlab/rendermime": shared({ IRenderMimeRegistry: {} }),
  "@lumino/widgets": shared({ Widget }),
});
const plugin = (await container.get())().default;
plugin.activate(null, registry);
for (const [view, saved] of Object.entries(await (await fetch("/saved.json")).json())) {
  const renderer = factories[0].createRenderer();
  renderer.node.id = view;
  document.body.append(renderer.node);
  await renderer.renderModel({ data: { [MIME]: saved } });
}
document.body.dataset.drawn = true;
