// Elements without HTML: text goes in as text, and only as text.

export type Child = Node | string | null | false;
type Listener<E extends Event> = (event: E) => void;
type Listeners = { [Name in keyof HTMLElementEventMap as `on${Name}`]?: Listener<HTMLElementEventMap[Name]> };
type Attributes = Listeners & { [name: string]: string | number | boolean | Listener<never> | undefined };

/** An element; `on…` are listeners, `true` an attribute without a value, `false` none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else set(element, name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** Sets an attribute if it differs: a change of nothing would be told to screen readers. */
export function set(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) return element.removeAttribute(name);
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes `parent` hold just these, and moves none that stands right: focus and selection stay. */
export function arrange(parent: Element, nodes: Element[]): void {
  const wanted = new Set<Element>(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else parent.insertBefore(node, at);
  }
}

/** Elements by key, made once and updated when what they show has changed. */
export class Keyed<Item> {
  #elements = new Map<string, { element: HTMLElement; shown: string }>();

  constructor(
    private readonly parent: Element,
    private readonly make: (item: Item) => HTMLElement,
    private readonly update: (element: HTMLElement, item: Item) => void,
  ) {}

  show(items: readonly (Item & { key: string })[]): void {
    const kept = new Map<string, { element: HTMLElement; shown: string }>();
    for (const item of items) {
      const shown = JSON.stringify(item);
      const known = this.#elements.get(item.key) ?? { element: this.make(item), shown: "" };
      if (known.shown !== shown) this.update(known.element, item);
      kept.set(item.key, { element: known.element, shown });
    }
    this.#elements = kept;
    arrange(this.parent, [...kept.values()].map(({ element }) => element));
  }

  get(key: string): HTMLElement | undefined {
    return this.#elements.get(key)?.element;
  }
}

/** A listener of a form that sends nothing anywhere. */
export function submits(action: () => void): Listener<SubmitEvent> {
  return (event) => {
    event.preventDefault();
    action();
  };
}
