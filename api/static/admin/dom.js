// Making elements: h("p", {className: "x"}, "text", child). What they are for is the views' business.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !(element instanceof SVGElement)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
export const s = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

export function button(text, work, quiet = true, more = {}) {
  return h("button", { type: "button", className: quiet ? "button quiet small" : "button small", onclick: work, ...more }, text);
}

export function field(text, input) {
  return h("label", { className: "field" }, h("span", {}, text), input);
}

export function table(heads, rows, caption) {
  return h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption },
    h("table", {}, h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, rows)));
}

// Colour, shape and word together, so that no one of them is needed to tell states apart.
const SHAPES = { yes: "M5 13 l5 5 l9 -11", no: "M6 6 l12 12 M18 6 l-12 12", wait: "M12 6 v7 l4 3", ask: "M12 6 v8 M12 18 v.5" };
export function badge(kind, text) {
  return h("span", { className: `badge ${kind}` }, s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: SHAPES[kind] })), text);
}
