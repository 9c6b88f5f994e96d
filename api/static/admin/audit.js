// What operators did, the newest first.

import { button, h, table } from "./dom.js";
import { post } from "./api.js";
import { guarded } from "./admin.js";
import { code, say, when } from "./words.js";

const CODED = ["reason", "means", "role", "second_factor", "cannot", "trusted_before"], TIMES = ["from", "to", "now"];

// What somebody wrote is told as it is written; what the device wrote, in the reader's words.
function worded(name, value) {
  if (TIMES.includes(name)) return when(new Date(value * 1000).toISOString());
  return [value].flat().map((each) => (CODED.includes(name) ? code(String(each)) : each)).join(", ");
}

const detail = (found) => Object.entries(found).filter(([, value]) => value !== "").map(([name, value]) => `${code(`detail_${name}`, name)}: ${worded(name, value)}`).join(", ");

export function audit(view) {
  let last;
  const frame = table([say("time"), say("who"), say("act"), say("about"), say("detail")], [], say("audit"));
  const more = button(say("more"), guarded(() => load()));
  const list = frame.querySelector("tbody");
  view.append(frame, more);

  async function load() {
    const said = await post("audit/", { before: last });
    list.append(...said.acts.map((act) => h("tr", {}, h("td", {}, when(act.at)), h("td", {}, act.operator || "–"), h("td", {}, code(act.act === "sign_in_failed" ? "sign_in_failed_act" : act.act)),
      h("td", {}, act.about || "–"), h("td", {}, detail(act.detail)))));
    last = said.acts.at(-1)?.number ?? last;
    more.hidden = !said.more;
  }

  guarded(load)();
}
