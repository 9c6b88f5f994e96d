// A sheet of one-time links as QR codes, to be printed and cut.

import { button, h } from "./dom.js";
import { say, when } from "./words.js";

function tile(link) {
  const picture = URL.createObjectURL(new Blob([link.svg], { type: "image/svg+xml" }));
  const image = h("img", { src: picture, alt: link.url, width: 180, height: 180, onload: () => URL.revokeObjectURL(picture) });
  return h("figure", { className: "tile" }, image, h("figcaption", {}, h("strong", {}, link.display_name || link.user_id),
    h("p", {}, say("goodUntil", when(link.expires_at)))));
}

export function sheet({ links }) {
  const card = h("div", { className: "card sheet" }, h("h2", {}, say("sheet")), h("p", { className: "soft hint" }, say("sheetHint")),
    h("div", { className: "tiles" }, links.map(tile)),
    h("p", { className: "tools" }, button(say("print"), () => print(), false), button(say("close"), () => card.remove())));
  return card;
}
