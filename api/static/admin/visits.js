// Visits with filters, who came where a purpose is given, and one person's log, which asks for a purpose too.

import { badge, button, field, h, table } from "./dom.js";
import { get, may, post } from "./api.js";
import { guarded } from "./admin.js";
import { shown } from "./people.js";
import { code, number, say, when } from "./words.js";

const KIND = { granted: "yes", refused: "no", abandoned: "wait" };
const iso = (text, days) => {
  if (!text) return null;
  const day = new Date(`${text}T00:00:00`);
  day.setDate(day.getDate() + days);
  return day.toISOString();
};

const person = (visit) => (visit.user_id ? h("a", { href: `#visits/${encodeURIComponent(visit.user_id)}` }, shown(visit)) : say("unknown"));

// Columns of visits: heading and cell. Who came, and how sure the device was, are there where the device told it.
const COLUMNS = {
  time: (visit) => when(visit.at), outcome: (visit) => badge(KIND[visit.outcome], code(visit.outcome)), reason: (visit) => code(visit.reason),
  person, confidence: (visit) => number(visit.confidence), took: (visit) => say("seconds", visit.duration_ms),
};
const DECISION = {
  time: (each) => when(each.at), means: (each) => code(each.means), reason: (each) => code(each.reason), confidence: (each) => number(each.confidence),
  outcome: (each) => badge(each.success ? "yes" : "no", code(each.success ? "match" : "refused")),
};
const PLAIN = ["time", "outcome", "reason", "took"];
const NAMED = ["time", "outcome", "reason", "person", "confidence", "took"];
const OWN = ["time", "outcome", "reason", "confidence", "took"];
const DECIDED = ["time", "means", "outcome", "reason", "confidence"];

// A table that grows, and says so where it stays empty.
function growing(columns, names, caption) {
  const frame = table(names.map((name) => say(name)), [h("tr", {}, h("td", { colSpan: names.length }, say("none")))], caption);
  const list = frame.querySelector("tbody");
  let empty = true;
  return [frame, (rows) => {
    if (rows.length && empty) list.replaceChildren();
    empty &&= !rows.length;
    list.append(...rows.map((each) => h("tr", {}, names.map((name) => h("td", {}, columns[name](each))))));
  }];
}

function purposeForm(question, doIt, open, close) {
  const purpose = h("input", { required: true, minLength: 5, maxLength: 300, pattern: "\\s*\\S.{3,}\\S\\s*", id: "purpose" });
  const send = guarded(() => open(purpose.value));
  return h("form", { className: "card", onsubmit: (event) => { event.preventDefault(); send(); } }, field(question, purpose),
    h("p", { className: "tools" }, h("button", { className: "button small", type: "submit" }, doIt), button(say("close"), close)));
}

async function personLog(view, user) {
  const known = (await get("people/")).people.find((each) => each.user_id === user);
  const name = known && shown(known) !== user ? `${shown(known)} (${user})` : user, found = h("div", { className: "stack" });

  async function open(purpose) {
    const [visited, addVisits] = growing(COLUMNS, OWN, say("opened")), [decided, addDecisions] = growing(DECISION, DECIDED, say("decisions"));
    const more = button(say("more"), guarded(() => load()));
    let before;

    async function load() {
      const said = await post("people/log/", { user_id: user, purpose, before });
      addVisits(said.visits);
      addDecisions(said.attempts);
      before = said.before;
      more.hidden = !before;
    }

    await load();
    found.replaceChildren(h("h2", {}, say("opened")), visited, h("h2", {}, say("decisions")), decided, more);
  }

  view.append(h("h2", {}, say("logOf", name)), purposeForm(say("purpose", name), say("openLog"), open, () => { location.hash = "#visits"; }), found);
}

export function visits(view, about) {
  if (about && may("visits")) return void guarded(personLog)(view, about);
  const outcome = h("select", { id: "outcome" }, ["", ...Object.keys(KIND)].map((name) => h("option", { value: name }, name ? code(name) : say("all"))));
  const from = h("input", { type: "date" }), until = h("input", { type: "date" });
  const asked = h("div", {}), list = h("div", {}), more = button(say("more"), guarded(() => load()), true, { hidden: true });
  let wanted = {}, path = "", add = null;

  // "Older ones" goes on with what was asked for here, the names and their purpose included; whoever asks anew begins without names.
  async function show(purpose) {
    path = purpose ? "visits/names/" : "visits/";
    wanted = { outcome: outcome.value, begin: iso(from.value, 0), end: iso(until.value, 1), purpose };
    const [frame, grow] = growing(COLUMNS, purpose ? NAMED : PLAIN, say("visits"));
    add = grow;
    await load();
    asked.replaceChildren();
    list.replaceChildren(frame);
  }

  async function load() {
    const said = await post(path, wanted);
    add(said.visits);
    wanted.before = said.visits.at(-1)?.number;
    more.hidden = !said.more;
  }

  function ask() {
    asked.replaceChildren(purposeForm(say("namesPurpose"), say("showNames"), show, () => asked.replaceChildren()));
    asked.querySelector("input").focus();
  }

  const tools = h("p", { className: "tools" }, field(say("outcome"), outcome), field(say("from"), from), field(say("until"), until),
    button(say("show"), guarded(() => show()), false, { id: "show" }));
  if (may("visits")) tools.append(button(say("showNames"), ask, true, { id: "names" }));
  view.append(tools, asked, list, more);
  guarded(show)();
}
