// A prebuilt extension of JupyterLab: draws saved views where no kernel draws live ones.

import type { AnyWidget } from "@anywidget/types";
import { keepReadable } from "./fallback.ts";
import type { MimeModel, Registry, Renderer } from "./rendermime.ts";
import { createShow, MIME, type Saved } from "./saved.ts";

/** The build lists the views here: what each is to load, beside this script. */
declare const VIEWS: Readonly<Record<string, { readonly script: string; readonly style: string }>>;

const HERE = (document.currentScript as HTMLScriptElement).src;

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

const loaded = new Map<string, Promise<AnyWidget>>();

/** A view is loaded when the first of its kind is shown. */
function loadView(name: string): Promise<AnyWidget> | undefined {
  if (!Object.hasOwn(VIEWS, name)) return undefined;
  const { script, style } = VIEWS[name] as (typeof VIEWS)[string];
  const loading = loaded.get(name) ?? loadFiles(beside(script), beside(style));
  loaded.set(name, loading);
  return loading;
}

async function loadFiles(script: string, style: string): Promise<AnyWidget> {
  const [module] = await Promise.all([import(script), addStyle(style)]);
  return module.default;
}

function beside(file: string): string {
  return new URL(file, HERE).href;
}

function addStyle(href: string): Promise<void> {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((resolve) => {
    link.onload = link.onerror = () => resolve();
  });
}

function activate(registry: Registry, Widget: Lumino["Widget"]): void {
  const show = createShow(loadView);
  const createRenderer = (): Renderer => {
    let controller = new AbortController();
    const renderer = Object.assign(new Widget(), {
      async renderModel({ data }: MimeModel): Promise<void> {
        controller.abort();
        controller = new AbortController();
        renderer.node.replaceChildren();
        await show(data[MIME] as Saved, renderer.node, controller.signal);
      },
    });
    renderer.disposed.connect(() => controller.abort());
    return renderer;
  };
  registry.addFactory({ safe: true, mimeTypes: [MIME], createRenderer }, RANK);
  keepReadable(registry, show);
}
