// Visits with filters, and one person's log, which asks for a purpose first.

import { badge, button, field, h, table } from "./dom.js";
import { may, post } from "./api.js";
import { guarded } from "./admin.js";
import { code, number, say, when } from "./words.js";

const KIND = { granted: "yes", refused: "no", abandoned: "wait" };
const iso = (text, days) => {
  if (!text) return null;
  const day = new Date(`${text}T00:00:00`);
  day.setDate(day.getDate() + days);
  return day.toISOString();
};

function row(visit) {
  const who = may("visits") ? [h("td", {}, visit.user_id ?? say("unknown")), h("td", {}, number(visit.confidence))] : [];
  return h("tr", {}, h("td", {}, when(visit.at)), h("td", {}, badge(KIND[visit.outcome], code(visit.outcome))), h("td", {}, code(visit.reason)), ...who,
    h("td", {}, say("seconds", visit.duration_ms)));
}

const heads = () => [say("time"), say("outcome"), say("reason"), ...(may("visits") ? [say("person"), say("confidence")] : []), say("took")];

function decision(each) {
  return h("tr", {}, h("td", {}, when(each.at)), h("td", {}, code(each.means)), h("td", {}, badge(each.success ? "yes" : "no", code(each.success ? "granted" : "refused"))),
    h("td", {}, code(each.reason)), h("td", {}, number(each.confidence)));
}

function personLog(view, user) {
  const purpose = h("input", { required: true, minLength: 5, maxLength: 300, id: "purpose" }), found = h("div", {});
  const look = async (event) => {
    event.preventDefault();
    const said = await post("people/log/", { user_id: user, purpose: purpose.value });
    found.replaceChildren(h("h2", {}, say("opened")), said.visits.length ? table(heads(), said.visits.map(row), say("opened")) : h("p", {}, say("none")),
      h("h2", {}, say("decisions")), said.attempts.length ? table([say("time"), say("means"), say("outcome"), say("reason"), say("confidence")], said.attempts.map(decision), say("decisions")) : h("p", {}, say("none")));
  };
  view.append(h("h2", {}, say("logOf", user)), h("form", { className: "card", onsubmit: guarded(look) }, field(say("purpose", user), purpose),
    h("p", { className: "tools" }, h("button", { className: "button small", type: "submit" }, say("openLog")), button(say("close"), () => { location.hash = "#visits"; }))), found);
}

export function visits(view, about) {
  if (about && may("visits")) return personLog(view, about);
  const outcome = h("select", { id: "outcome" }, ["", ...Object.keys(KIND)].map((name) => h("option", { value: name }, name ? code(name) : say("all"))));
  const from = h("input", { type: "date" }), until = h("input", { type: "date" });
  const list = h("tbody", {}), more = button(say("more"), guarded(() => load(last)));
  let last = 0;

  async function load(before = 0) {
    const said = await post("visits/", { outcome: outcome.value, begin: iso(from.value, 0), end: iso(until.value, 1), before });
    if (!before) list.replaceChildren();
    list.append(...said.visits.map(row));
    if (!list.children.length) list.append(h("tr", {}, h("td", { colSpan: heads().length }, say("none"))));
    last = said.visits.at(-1)?.number ?? 0;
    more.hidden = !said.more;
  }

  const frame = table(heads(), [], say("visits"));
  frame.querySelector("tbody").replaceWith(list);
  view.append(h("p", { className: "tools" }, field(say("outcome"), outcome), field(say("from"), from), field(say("until"), until),
    button(say("show"), guarded(() => load()), false, { id: "show" })), frame, more);
  guarded(load)();
}
