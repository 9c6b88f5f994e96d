// Small plots as SVG: points in time, a line or dots, with the range written beside them.

import { h, s } from "./dom.js";

const WIDE = 320, HIGH = 90, EDGE = 6;

// points: [x, y, kind]; y null leaves a gap. The range begins at 0, so that height can be read as size.
export function plot(title, under, points, dots = false) {
  const values = points.filter(([, y]) => y !== null);
  if (!values.length) return null;
  const top = Math.max(...values.map(([, y]) => y)) * 1.1 || 1;
  const [first, last] = [Math.min(...values.map(([x]) => x)), Math.max(...values.map(([x]) => x))];
  const x = (value) => EDGE + ((value - first) / (last - first || 1)) * (WIDE - 2 * EDGE);
  const y = (value) => HIGH - EDGE - (value / top) * (HIGH - 2 * EDGE);
  const drawn = dots
    ? values.map(([at, value, kind]) => s("circle", { cx: x(at), cy: y(value), r: 3, class: kind ?? "" }))
    : [s("path", { d: points.map(([at, value], index) => (value === null ? "" : `${index && points[index - 1][1] !== null ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`)).join("") })];
  const middle = [...values.map(([, value]) => value)].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const now = values.at(-1)[1];
  return h("figure", { className: "plot" }, h("figcaption", {}, title, h("strong", {}, dots ? `~ ${middle.toFixed(1)}` : now.toFixed(1))),
    s("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, role: "img", "aria-label": `${title}: ${now.toFixed(1)}` },
      s("line", { x1: EDGE, x2: WIDE - EDGE, y1: HIGH - EDGE, y2: HIGH - EDGE }), ...drawn),
    h("p", { className: "soft" }, `0 … ${top.toFixed(1)}, ${under}`));
}
