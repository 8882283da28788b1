import { atEnd } from "./dom.ts";

/** What can be taken to another place of the page. */
export interface Movable {
  readonly element: HTMLElement;
  readonly draw: () => void;
  /** Goes on in another place. */
  readonly resume: () => void;
}

/** A view and where it is. */
interface Place {
  readonly view: Movable;
  readonly controller: AbortController;
  el: HTMLElement;
  signal: AbortSignal;
  wasShown: boolean;
}

/**
 * The views of a model. Notebooks render an output again when its saved form changes, and
 * just drop what was there: the view then moves on, with all that is open in it.
 */
export function createPlaces(newView: (signal: AbortSignal) => Movable) {
  const places: Place[] = [];
  const add = (el: HTMLElement, signal: AbortSignal): Place => {
    const controller = new AbortController();
    const view = newView(controller.signal);
    const place = { view, controller, el, signal, wasShown: false };
    places.push(place);
    atEnd(controller.signal, () => places.splice(places.indexOf(place), 1));
    return place;
  };
  /** Shows a view in an element, one that was dropped if there is any. */
  return (el: HTMLElement, signal: AbortSignal): void => {
    const left = places.find(({ wasShown, el: before }) => wasShown && !before.parentNode);
    const place = left ?? add(el, signal);
    Object.assign(place, { el, signal });
    el.append(place.view.element);
    if (left) place.view.resume();
    else place.view.draw();
    requestAnimationFrame(() => {
      place.wasShown = el.isConnected;
    });
    atEnd(signal, () => {
      if (place.signal === signal) place.controller.abort();
    });
  };
}
