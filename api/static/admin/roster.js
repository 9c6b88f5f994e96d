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

function row(each, dated) {
  const why = each.error ? `${code(each.error)}${each.column ? ` ${say("inColumn", each.column)}` : ""}` : "";
  return h("tr", {}, h("td", {}, String(each.line)), h("td", {}, each.user_id), h("td", {}, each.name),
    dated ? h("td", {}, say("validity", each.valid_from, each.valid_until)) : [],
    h("td", {}, badge(KIND[each.outcome], code(each.outcome)), why ? h("p", { className: "soft" }, why) : ""));
}

export function roster(done) {
  // Forgotten when it is chosen anew: a browser says nothing of a choice that is the same file, mended meanwhile.
  const forget = () => { file.value = ""; };
  const file = h("input", { type: "file", accept: ".csv,text/csv,text/plain", id: "roster", onclick: forget });
  const seen = h("div", { className: "stack" });
  const card = h("div", { className: "card" }, h("h2", {}, say("import")), field(say("choose"), file), seen);

  async function look() {
    if (!file.files.length) return;
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
    const dated = found.rows.some((each) => each.valid_from || each.valid_until);
    const rows = [...found.rows].sort((a, b) => (b.outcome === "error") - (a.outcome === "error"));
    seen.replaceChildren(h("p", { id: "preview" }, say("preview", found.counts)),
      dated ? h("p", { className: "soft" }, say("zone", found.zone)) : "",
      table([say("line"), say("id"), say("name"), ...(dated ? [say("valid")] : []), say("result")], rows.map((each) => row(each, dated)), say("import")),
      h("p", { className: "tools" }, button(say("take", count), take, false, { disabled: !count, id: "take" }), button(say("cancel"), () => card.remove())));
  }

  file.addEventListener("change", guarded(look));
  return card;
}
