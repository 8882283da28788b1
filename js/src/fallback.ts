// Puts the saved view where the widget manager has words only: "model not found", "Loading widget...".

import type { MimeModel, Registry, Renderer } from "./rendermime.ts";
import { MIME, type Saved, type Show } from "./saved.ts";

const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

/** Milliseconds that a live view has to appear, so that a cell that runs draws nothing twice. */
const PATIENCE = 200;

/** Notebooks clone the registry, and the clones share its prototype only. */
export function keepReadable(registry: Registry, draw: Show): void {
  const prototype: Registry = Object.getPrototypeOf(registry);
  const create = prototype.createRenderer;
  prototype.createRenderer = function (mimeType, ...rest) {
    const renderer = create.call(this, mimeType, ...rest);
    if (mimeType === WIDGET_VIEW) addSavedView(renderer, draw);
    return renderer;
  };
}

/** Renderers of other widgets do what they always did: their outputs hold no saved tokens. */
function addSavedView(live: Renderer, draw: Show): void {
  const render = live.renderModel.bind(live);
  const observer = new MutationObserver(() => settle());
  let controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  let source: Saved | undefined;
  let shownId = "";
  let saved: HTMLElement | undefined;
  let resume = (): void => {};

  const isAlive = (): boolean =>
    [...live.node.children].some((child) => child !== saved && !isError(child));
  const forget = (): void => {
    controller.abort();
    controller = new AbortController();
    saved?.remove();
    saved = undefined;
  };
  const settle = (): void => {
    if (isAlive()) forget();
    else if (isLate && source && saved?.parentNode !== live.node) show(source);
  };
  const create = (source: Saved): void => {
    saved = document.createElement("div");
    resume = () => {};
    draw(source, saved, controller.signal).then((again) => {
      resume = again;
    });
  };
  const show = (source: Saved): void => {
    if (saved) resume();
    else create(source);
    for (const node of [...live.node.childNodes]) {
      if (node instanceof HTMLElement) node.hidden = true;
      else node.remove();
    }
    live.node.append(saved as HTMLElement);
    live.removeClass("jupyter-widgets");
    live.show();
  };
  const wait = (): void => {
    clearTimeout(timer);
    isLate = saved !== undefined;
    timer = setTimeout(() => {
      isLate = true;
      settle();
    }, PATIENCE);
  };

  live.renderModel = async (model: MimeModel): Promise<void> => {
    const { model_id: id } = model.data[WIDGET_VIEW] as { model_id: string };
    const before = source;
    source = model.data[MIME] as Saved | undefined;
    if (source?.data !== before?.data && !isAlive()) forget();
    const isShown = isAlive() && id === shownId;
    shownId = id;
    if (!source) return render(model);
    // A live view follows its model by itself: to draw it again would leave the old one behind.
    if (isShown) return;
    observer.observe(live.node, { childList: true });
    wait();
    // A view that was closed has no model any more, and its renderer would hide itself.
    if (id) await render(model);
  };
  live.disposed.connect(() => {
    clearTimeout(timer);
    observer.disconnect();
    controller.abort();
  });
}

function isError(element: Element): boolean {
  return element.matches(".jupyter-widgets-error-widget, :has(.jupyter-widgets-error-widget)");
}
