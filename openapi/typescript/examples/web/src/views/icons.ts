// The few pictures of the page: strokes on a field of 24 by 24.

const STROKES = {
  back: "M15 5l-7 7 7 7",
  bell: "M12 8v5M12 16.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 7v5l3 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  down: "M12 5v14M6 13l6 6 6-6",
  hash: "M5 9h15M4 15h15M10 4L8 20M16 4l-2 16",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  out: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.5 2.9-6 6.5-6s6.5 2.5 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.6c2.2.9 3.5 2.9 3.5 5.4",
  plus: "M12 5v14M5 12h14",
  read: "M2.5 12.5L7 17l8.5-9.5M12 16l1 1 8.5-9.5",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.5 4.5",
  send: "M4 12L20 4l-5 16-3.5-6.5zM11.5 13.5L20 4",
  ticket: "M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.5a1.5 1.5 0 0 0 0-3zM14 7v2M14 11v2M14 15v2",
} as const;

export type Icon = keyof typeof STROKES;

const SVG = "http://www.w3.org/2000/svg";

/** A picture without a meaning of its own: what it means stands beside it, or in its button's label. */
export function icon(name: Icon): SVGElement {
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", "0 0 24 24");
  picture.setAttribute("class", `icon icon-${name}`);
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", STROKES[name]);
  picture.append(path);
  return picture;
}
