// A prebuilt extension of JupyterLab: draws saved tokens where no kernel draws live ones.

import { keepReadable } from "./fallback.ts";
import type { MimeModel, Registry, Renderer } from "./rendermime.ts";
import { MIME, type Saved, showSaved } from "./saved.ts";

/** The build puts the stylesheet here. */
declare const STYLE: string;

/** After the live widget (−10, trusted notebooks only), before all that needs no extension. */
const RANK = -5;

interface Shared {
  get(): Promise<() => unknown>;
  loaded?: unknown;
}

type Scope = Readonly<Record<string, Readonly<Record<string, Shared>>>>;

interface Lumino {
  readonly Widget: new () => Omit<Renderer, "renderModel">;
}

interface Rendermime {
  readonly IRenderMimeRegistry: unknown;
}

let scope: Scope = {};

/** What webpack would generate, as JupyterLab asks for it. */
const container = {
  init(shared: Scope): void {
    scope = shared;
  },
  async get(): Promise<() => unknown> {
    const { IRenderMimeRegistry } = (await load("@jupyterlab/rendermime")) as Rendermime;
    const { Widget } = (await load("@lumino/widgets")) as Lumino;
    const plugin = {
      id: "lpwidgets:saved",
      description: "Draws saved tokens and their alternatives",
      autoStart: true,
      requires: [IRenderMimeRegistry],
      activate: (_: unknown, registry: Registry) => activate(registry, Widget),
    };
    return () => ({ __esModule: true, default: plugin });
  },
};

Object.assign(window, {
  _JUPYTERLAB: { ...(window as { _JUPYTERLAB?: object })._JUPYTERLAB, lpwidgets: container },
});

/** A library that JupyterLab shares: the version in use, else the newest, as webpack does. */
async function load(name: string): Promise<unknown> {
  const versions = Object.entries(scope[name] ?? {});
  const isOlder = (a: string, b: string): boolean =>
    a.localeCompare(b, undefined, { numeric: true }) < 0;
  const [, shared] = versions.reduce((a, b) => (!a[1].loaded && isOlder(a[0], b[0]) ? b : a));
  shared.loaded = 1;
  return (await shared.get())();
}

function activate(registry: Registry, Widget: Lumino["Widget"]): void {
  const style = document.createElement("style");
  style.textContent = STYLE;
  document.head.append(style);
  const createRenderer = (): Renderer => {
    let controller = new AbortController();
    const renderer = Object.assign(new Widget(), {
      async renderModel({ data }: MimeModel): Promise<void> {
        controller.abort();
        controller = new AbortController();
        renderer.node.replaceChildren();
        await showSaved(data[MIME] as Saved, renderer.node, controller.signal);
      },
    });
    renderer.disposed.connect(() => controller.abort());
    return renderer;
  };
  registry.addFactory({ safe: true, mimeTypes: [MIME], createRenderer }, RANK);
  keepReadable(registry);
}
