// How the device is: its parts, the door, and the last hour in numbers. Looks again by itself.

import { badge, h } from "./dom.js";
import { get } from "./api.js";
import { guarded } from "./admin.js";
import { plot } from "./plot.js";
import { poll } from "./poll.js";
import { code, say } from "./words.js";

const LOOK_MS = 5000;
const KIND = { ok: "yes", degraded: "ask", failed: "no" };
const age = (seconds) => (seconds < 5400 ? say("minutes", Math.round(seconds / 60)) : say("hours", Math.round(seconds / 3600)));

// The device's own words, for whoever mends it, are English.
const trouble = (name, { status, message }) => [`${code(`trouble_${name}`, code(status))} `, h("span", { lang: "en", className: "own" }, message)];

function facts(found) {
  const pairs = [[say("door"), say("doorState", found.door)], ["", say("opens", found.grants.map((each) => code(each)).join(", "))], [say("source"), say("camera", found.source || "–", found.live)],
    [say("peopleCount"), String(found.people)], [say("uptime"), age(found.uptime_s)], [say("disk"), say("megabytes", Math.round(found.disk_free_mb))]];
  return h("dl", { className: "card facts", id: "door" }, pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

export function health(view) {
  let gone = false;
  const parts = h("ul", { className: "card parts", id: "parts" }), told = h("div", {}), plots = h("div", { className: "plots" });
  view.append(h("div", { className: "halves" }, parts, told), plots);

  async function load() {
    const found = await get("health/");
    if (gone) return;
    parts.replaceChildren(...Object.entries(found.checks).map(([name, each]) => h("li", {}, badge(KIND[each.status], code(`part_${name}`, name)), h("span", { className: "soft" }, each.message ? trouble(name, each) : say("fine")))));
    told.replaceChildren(facts(found));
    const decided = found.decisions.map((each, index) => [index, each.ms / 1000, each.outcome]);
    const drawn = [plot(say("latency"), say("lastVisits", decided.length), decided, true),
      ...Object.entries(found.series).map(([name, series]) => plot(say(name), say("lastHour"), series.map(([ago, value]) => [-ago, value])))];
    plots.replaceChildren(...drawn.filter(Boolean));
  }

  guarded(load)();
  const stop = poll(async () => { if (!document.hidden) await load(); }, LOOK_MS);
  return () => { gone = true; stop(); };
}
