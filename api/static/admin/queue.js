// Enrolling one person after the other at the kiosk: the next name, the text, start, progress, test match, and on.

import { badge, button, field, h } from "./dom.js";
import { ask, get, post, session } from "./api.js";
import { guarded } from "./admin.js";
import { counts, shown } from "./people.js";
import { poll } from "./poll.js";
import { code, LANGUAGE, say } from "./words.js";

const LOOK_MS = 400;

export function queue(view, about) {
  let known = [], next = null, turn = null, gone = false, stop = () => {};
  const skipped = new Set();
  const summary = h("p", { className: "soft" }), stage = h("div", { className: "card stage" });
  const waiting = h("ol", { className: "waiting" }), count = h("h2", {});
  view.append(summary, h("div", { className: "halves" }, stage, h("div", {}, count, waiting)));

  const open = () => known.filter((each) => ["pending", "failed"].includes(each.state));

  async function load(first = "") {
    known = (await get("people/")).people;
    const had = [...skipped];
    const line = open().sort((a, b) => had.indexOf(a.user_id) - had.indexOf(b.user_id) || (a.state === "failed") - (b.state === "failed"));
    next = known.find((each) => each.user_id === first) ?? line[0] ?? null;
    summary.textContent = counts(known);
    count.textContent = say("waiting", open().length);
    waiting.replaceChildren(...line.slice(0, 12).map((each) => h("li", {}, button(shown(each), () => choose(each)), " ",
      each.state === "failed" ? badge("no", code(each.reason)) : "")));
  }

  function choose(person) {
    next = person;
    ready();
  }

  function ready() {
    if (!next) return stage.replaceChildren(h("p", { className: "big" }, say("nobodyNext")));
    const summary = h("summary", {}), tick = h("span", {});
    const look = h("input", { id: "look", maxLength: 50, oninput: () => mark() });
    const basis = h("select", {}, ["consent", "agreement", "law"].map((each) => h("option", { value: each, selected: each === session.basis }, code(each))));
    const text = h("p", { className: "text" }), tongue = h("select", { id: "tongue", onchange: () => read() }, ["en", "de"].map((each) => h("option", { value: each }, say(each))));
    // In the person's language, as far as it is known and the text is there in it.
    const read = () => {
      const german = session.text_de && tongue.value === "de";
      text.textContent = german ? session.text_de : session.text;
      text.removeAttribute("lang");
      if (german) text.lang = "de";
    };
    tongue.value = (next.language || LANGUAGE) === "de" ? "de" : "en";
    read();
    // The text is shown on every ground; to agree is asked on one alone.
    const worded = () => {
      summary.textContent = say(basis.value === "consent" ? "consent" : "notice");
      tick.textContent = say(basis.value === "consent" ? "agreed" : "wasShown", session.text_version);
    };
    basis.addEventListener("change", () => { agreed.checked = false; worded(); mark(); });
    const agreed = h("input", { type: "checkbox", id: "agreed", onchange: () => mark() });
    const start = button(say("start"), guarded(() => begin(look.value, basis.value)), false, { id: "start", disabled: true });
    const mark = () => { start.disabled = !agreed.checked || (next.needs_look && !look.value.trim()); };
    worded();
    stage.replaceChildren(h("p", { className: "soft" }, say("next")), h("p", { className: "big", id: "next" }, shown(next)),
      h("p", { className: "tools" }, field(say("basis"), basis), session.text_de ? field(say("tongue"), tongue) : ""),
      h("details", { open: true }, summary, text), h("label", { className: "check" }, agreed, tick),
      next.needs_look ? field(say("look"), look) : "", h("p", { className: "soft" }, say("ready")),
      h("p", { className: "tools" }, start, button(say("skip"), guarded(skip))));
  }

  // Whoever had a turn, or missed it, comes again at the end.
  function putLast(user) {
    skipped.delete(user);
    skipped.add(user);
  }

  async function skip() {
    putLast(next.user_id);
    await load();
    ready();
  }

  async function begin(look, basis) {
    turn = (await post("queue/", { user_id: next.user_id, look, basis })).turn;
    draw();
    watch();
  }

  function watch() {
    stop();
    stop = poll(look, LOOK_MS);
  }

  async function look() {
    const now = (await get("queue/")).turn;
    if (gone) return true;
    if (now?.over) {
      putLast(now.user_id);
      await load();
    }
    turn = now;
    if (turn) draw();
    else ready();
    return !turn || turn.over;
  }

  function ending() {
    if (turn.phase === "enrolled") return turn.tested === "matched" ? badge("yes", say("done", turn.seconds)) : badge("ask", say("untested"));
    return turn.phase === "failed" ? badge("no", say("failedWhy", code(turn.reason))) : badge("wait", say("stopped"));
  }

  function draw() {
    stage.dataset.phase = turn.phase;
    const name = h("p", { className: "big" }, turn.display_name || turn.user_id);
    if (turn.over) {
      const again = known.find((each) => each.user_id === turn.user_id);
      const retry = turn.phase === "failed" && again ? button(say("again"), () => choose(again)) : "";
      const on = retry && next === again ? "" : next ? button(`${say("next")}: ${shown(next)}`, ready, false, { id: "on" }) : h("span", {}, say("nobodyNext"));
      return stage.replaceChildren(name, h("p", { id: "ending" }, ending()), h("p", { className: "tools" }, on, retry));
    }
    const halt = button(say("stop"), guarded(async () => { turn = (await ask("DELETE", "queue/")).turn; }));
    stage.replaceChildren(name, h("progress", { max: turn.target_samples || 5, value: turn.completed_samples, "aria-label": say("progress") }),
      h("p", { className: "instruction", role: "status" }, turn.phase === "testing" ? say("testing") : code(turn.instruction || "step_closer")),
      h("p", { className: "soft" }, say("views", turn.completed_samples, turn.target_samples || 5)), h("p", { className: "tools" }, halt));
  }

  guarded(async () => {
    await load(about);
    turn = (await get("queue/")).turn;
    if (turn && !turn.over) { draw(); watch(); } else ready();
  })();
  return () => { gone = true; stop(); };
}
