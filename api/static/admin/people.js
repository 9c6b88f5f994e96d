// People: who is there, how well enrolled, and what can be done about it; importing a roster; the sheet of QR links.

import { badge, button, field, h, table } from "./dom.js";
import { get, may, post } from "./api.js";
import { guarded, tell } from "./admin.js";
import { code, number, say } from "./words.js";
import { roster } from "./roster.js";
import { sheet } from "./sheet.js";

const KIND = { enrolled: "yes", to_confirm: "ask", pending: "wait", failed: "no" };
const MOST_LINKS = 100;  // that the device makes at once
export const shown = (person) => person.display_name || person.user_id;

export function counts(people) {
  const found = { enrolled: 0, to_confirm: 0, pending: 0, failed: 0 };
  for (const person of people) found[person.state] += 1;
  return say("counts", found);
}

function quality(person) {
  const best = Math.max(0, ...person.enrollments.map((each) => each.quality_score));
  if (!person.enrollments.length) return "–";
  return h("span", { className: "quality" }, h("meter", { min: 0, max: 1, low: 0.6, high: 0.6, optimum: 1, value: best, "aria-hidden": "true" }), number(best));
}

function looks(person) {
  return person.enrollments.map((each) => {
    const more = [say("samples", each.samples), code(each.origin), each.liveness_verified ? "" : say("notLive"), each.duplicate ? say("duplicate") : ""];
    return h("p", {}, `${each.label || say("ordinary")} `, h("span", { className: "soft" }, more.filter(Boolean).join(", ")));
  });
}

export function people(view) {
  let known = [];
  const chosen = new Set();
  const sought = h("input", { type: "search", oninput: () => draw() });
  const wanted = h("select", { onchange: () => draw() },
    ["", ...Object.keys(KIND)].map((name) => h("option", { value: name }, name ? code(name) : say("all"))));
  const summary = h("p", { className: "soft", id: "summary" });
  const list = h("div", {}), part = h("div", {});
  const many = button(say("links", 0), guarded(makeLinks)), all = button("", pickOpen, true, { id: "all" });
  const tools = h("p", { className: "tools" }, field(say("search"), sought), field(say("state"), wanted));
  if (may("change")) tools.append(button(say("import"), () => part.replaceChildren(roster(load)), false, { id: "import" }), all, many);
  view.append(summary, tools, part, list);

  async function load() {
    known = (await get("people/")).people;
    draw();
  }

  // Links are shown once: those that were made are shown, whatever comes of the others.
  async function makeLinks() {
    const wanted = [...chosen], links = [];
    try {
      for (let at = 0; at < wanted.length; at += MOST_LINKS) links.push(...(await post("people/links/", { user_ids: wanted.slice(at, at + MOST_LINKS) })).links);
    } finally {
      if (links.length) part.replaceChildren(sheet({ links }));
    }
  }

  const open = () => matching().filter((each) => ["pending", "failed"].includes(each.state));

  function pickOpen() {
    const none = chosen.size > 0;
    chosen.clear();
    if (!none) for (const person of open()) chosen.add(person.user_id);
    draw();
  }

  async function erase(person) {
    if (!confirm(say("eraseSure", shown(person)))) return;
    await post("people/erase/", { user_id: person.user_id });
    chosen.delete(person.user_id);
    await load();
    tell(say("erased", shown(person)));
  }

  async function acknowledge(person) {
    await post("people/confirm/", { user_id: person.user_id });
    await load();
    tell(say("confirmed", shown(person)));
  }

  function bind(person) {
    // What the card says is a secret as a password is; a reader types it and ends with Enter.
    const text = h("input", { type: "password", id: "card", autocomplete: "off", maxLength: 256, required: true });
    const send = guarded(async () => {
      await post("people/card/", { user_id: person.user_id, text: text.value });
      part.replaceChildren();
      tell(say("cardBound", shown(person)));
    });
    const form = h("form", { className: "card", onsubmit: (event) => { event.preventDefault(); send(); } },
      field(say("holdCard", shown(person)), text),
      h("p", { className: "tools" }, h("button", { type: "submit", className: "button small" }, say("bindCard")), button(say("cancel"), () => part.replaceChildren())));
    part.replaceChildren(form);
    text.focus();
  }

  function acts(person) {
    const here = encodeURIComponent(person.user_id);
    const go = (name) => () => { location.hash = `#${name}/${here}`; };
    const found = [];
    if (may("change")) {
      if (person.state === "to_confirm") found.push(button(say("confirm"), guarded(() => acknowledge(person)), false));
      found.push(button(person.needs_look ? say("addLook") : say("enrol"), go("queue")));
      found.push(button(say("bindCard"), () => bind(person)));
    }
    if (may("visits")) found.push(button(say("log"), go("visits")));
    if (may("change")) found.push(button(say("erase"), guarded(() => erase(person))));
    return h("span", { className: "acts" }, found);
  }

  function row(person) {
    const pick = h("input", { type: "checkbox", checked: chosen.has(person.user_id), "aria-label": shown(person), onchange: () => {
      chosen[pick.checked ? "add" : "delete"](person.user_id);
      mark();
    } });
    return h("tr", {}, h("td", {}, may("change") ? pick : ""), h("th", { scope: "row" }, shown(person), h("p", { className: "soft" }, person.groups.join(", "))),
      h("td", {}, person.user_id), h("td", {}, badge(KIND[person.state], code(person.state)), person.reason && person.state === "failed" ? h("p", { className: "soft" }, code(person.reason)) : ""),
      h("td", {}, quality(person)), h("td", {}, looks(person)), h("td", {}, acts(person)));
  }

  function mark() {
    many.textContent = say("links", chosen.size);
    many.disabled = !chosen.size;
    all.textContent = chosen.size ? say("pickNone") : say("pickOpen", open().length);
    all.disabled = !chosen.size && !open().length;
  }

  function matching() {
    const text = sought.value.trim().toLowerCase();
    return known.filter((each) => (!wanted.value || each.state === wanted.value) && `${each.user_id} ${each.display_name}`.toLowerCase().includes(text));
  }

  function draw() {
    const found = matching();
    summary.textContent = counts(known);
    list.replaceChildren(found.length ? table([may("change") ? say("pick") : "", say("name"), say("id"), say("state"), say("quality"), say("looks"), say("acts")], found.map(row), say("people")) : h("p", {}, say("none")));
    mark();
  }

  guarded(load)();
}
