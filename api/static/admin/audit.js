// What operators did, the newest first.

import { button, h, table } from "./dom.js";
import { post } from "./api.js";
import { guarded } from "./admin.js";
import { code, say, when } from "./words.js";

const detail = (found) => Object.entries(found).filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`).join(", ");

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
