// The admin screen: signing in, which view is open, and what is told when something is refused. The views are modules of their own.

import { button, field, h } from "./dom.js";
import { ask, may, open, post, Refused, session } from "./api.js";
import { code, LANGUAGE, say } from "./words.js";
import { audit } from "./audit.js";
import { health } from "./health.js";
import { people } from "./people.js";
import { queue } from "./queue.js";
import { visits } from "./visits.js";

const VIEWS = { people: [people, "see"], queue: [queue, "change"], visits: [visits, "see"], health: [health, "see"], audit: [audit, "audit"] };
const element = (id) => document.getElementById(id);
let leave = null;

export function tell(text, bad = false) {
  const notice = element("notice");
  notice.textContent = text;
  notice.className = bad ? "bad" : "";
  notice.hidden = !text;
}

export function refused(error) {
  if (!(error instanceof Refused)) throw error;
  if (error.code === "not_signed_in") return signedOut(code(error.code));
  const said = code(error.code === "clock_not_trusted" ? "recovery_only" : error.code);
  const fields = error.details.fields?.map((each) => each.field).filter(Boolean).join(", ");
  const wrong = fields ? ` ${say("wrong", fields)}` : error.details.column ? ` ${error.details.column}` : "";
  const wait = error.seconds ? ` ${say("retry", error.seconds)}` : "";
  tell(`${said}${wrong}${wait}`, true);
}

// Runs a view's work: what the device refuses is told, never lost.
export const guarded = (work) => (...values) => Promise.resolve(work(...values)).catch(refused);

function signedOut(text = "") {
  leave?.();
  leave = null;
  Object.assign(session, { name: "", role: "", may: [], csrf: "" });
  document.body.dataset.state = "signed-out";
  for (const id of ["nav", "who"]) element(id).hidden = true;
  tell(text, true);
  const name = h("input", { id: "name", autocomplete: "username", autocapitalize: "none", required: true, maxLength: 64 });
  const password = h("input", { id: "password", type: "password", autocomplete: "current-password", required: true, maxLength: 256 });
  const once = h("input", { id: "code", autocomplete: "one-time-code", required: true, maxLength: 64 });
  const enter = async (event) => {
    event.preventDefault();
    tell("");
    try {
      await open(await post("session/", { name: name.value, password: password.value, code: once.value }));
      start();
    } catch (error) {
      once.value = "";
      refused(error);
    }
  };
  element("view").replaceChildren(h("form", { className: "card narrow", onsubmit: enter },
    h("h1", {}, say("signIn")), field(say("name"), name), field(say("password"), password), field(say("code"), once),
    h("p", { className: "buttons" }, h("button", { className: "button", type: "submit" }, say("signIn")))));
  name.focus();
}

async function signOut() {
  await ask("DELETE", "session/");
  signedOut();
}

function start() {
  const shown = Object.entries(VIEWS).filter(([, [, what]]) => may(what)).map(([name]) => name);
  element("nav").replaceChildren(...shown.map((name) => h("a", { href: `#${name}` }, say(name))));
  element("who").replaceChildren(say("signedIn", session.name, code(session.role)), button(say("signOut"), guarded(signOut)));
  for (const id of ["nav", "who"]) element(id).hidden = false;
  go();
}

function go() {
  if (!session.name) return;
  const [name, about] = location.hash.slice(1).split("/");
  const chosen = name in VIEWS && may(VIEWS[name][1]) ? name : "people";
  leave?.();
  tell("");
  document.body.dataset.state = chosen;
  document.title = `${say(chosen)} – facekiosk`;
  for (const link of element("nav").children) {
    if (link.hash === `#${chosen}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const view = h("section", {}, h("h1", {}, say(chosen)));
  element("view").replaceChildren(view);
  leave = VIEWS[chosen][0](view, about ? decodeURIComponent(about) : "") ?? null;
}

document.documentElement.lang = LANGUAGE;
addEventListener("hashchange", go);
open().then(start).catch((error) => (error instanceof Refused && error.code === "not_signed_in" ? signedOut() : refused(error)));
