// Importing a roster: choose a file, look at what each row would do, import what is right.

import { badge, button, field, h, table } from "./dom.js";
import { post } from "./api.js";
import { guarded, tell } from "./admin.js";
import { code, say } from "./words.js";

const KIND = { new: "yes", changed: "ask", same: "wait", error: "no" };

// As bytes first: spreadsheets save in the encoding of their country, which a browser takes for broken UTF-8.
async function textOf(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function row(each) {
  const why = each.error ? `${code(each.error)}${each.column ? ` ${say("inColumn", each.column)}` : ""}` : "";
  return h("tr", {}, h("td", {}, String(each.line)), h("td", {}, each.user_id), h("td", {}, each.name),
    h("td", {}, badge(KIND[each.outcome], code(each.outcome)), why ? h("p", { className: "soft" }, why) : ""));
}

export function roster(done) {
  const file = h("input", { type: "file", accept: ".csv,text/csv,text/plain", id: "roster" });
  const seen = h("div", {});
  const card = h("div", { className: "card" }, h("h2", {}, say("import")), field(say("choose"), file), seen);

  async function look() {
    seen.replaceChildren();
    tell("");
    const csv = await textOf(file.files[0]);
    const found = await post("people/preview/", { csv });
    const count = found.counts.new + found.counts.changed;
    const take = guarded(async () => {
      const taken = await post("people/import/", { csv, digest: found.digest });
      card.remove();
      await done();
      tell(say("imported", taken.counts));
    });
    const rows = [...found.rows].sort((a, b) => (b.outcome === "error") - (a.outcome === "error"));
    seen.replaceChildren(h("p", { id: "preview" }, say("preview", found.counts)),
      table([say("line"), say("id"), say("name"), say("result")], rows.map(row), say("import")),
      h("p", { className: "tools" }, button(say("take", count), take, false, { disabled: !count, id: "take" }), button(say("cancel"), () => card.remove())));
  }

  file.addEventListener("change", guarded(look));
  return card;
}
