// What the screen says of a sign, in the language that is chosen. The texts themselves are the languages' own files.

import * as english from "./lang.en.js";

const MINUTES_FROM_S = 90;
const languages = {};

// A table of words; what a file lacks, or has in another form, is said in English.
function complete(table, words) {
  const said = words?.[table] ?? {};
  return Object.fromEntries(Object.entries(english[table]).map(([key, text]) => [key, typeof said[key] === typeof text ? said[key] : text]));
}

function language(code, words) {
  Intl.getCanonicalLocales(code);
  const tables = Object.keys(english).filter((name) => name !== "NAME").map((name) => [name, complete(name, words)]);
  return { NAME: words.NAME ?? code, ...Object.fromEntries(tables) };
}

// Loads every language that is there; adding one takes its file alone, and one that is broken stops nothing.
export async function loadLanguages() {
  let codes = ["en"];
  try {
    codes = await (await fetch("languages.json")).json();
  } catch (error) {
    console.error("languages.json", error);
  }
  for (const code of codes) {
    try {
      languages[code] = language(code, await import(`./lang.${code}.js`));
    } catch (error) {
      console.error(`lang.${code}.js`, error);
    }
  }
  languages.en ??= language("en", english);
  return Object.keys(languages);
}

export const has = (code) => code in languages;
export const nameOf = (code) => languages[code].NAME;
export const textsOf = (code) => languages[code].TEXTS;

function duration(seconds, code) {
  const [unit, count] = seconds > MINUTES_FROM_S ? ["minute", seconds / 60] : ["second", seconds];
  return new Intl.NumberFormat(code, { style: "unit", unit, unitDisplay: "long" }).format(Math.ceil(count));
}

function again({ seconds }, code) {
  const { TEXTS } = languages[code];
  return seconds < 0 ? TEXTS.askOperator : TEXTS.again(duration(seconds, code));
}

function refusal(sign, code) {
  const { REFUSALS, TEXTS } = languages[code], text = REFUSALS[sign.reason] ?? TEXTS.otherwise;
  return sign.seconds ? `${text} ${again(sign, code)}` : text;
}

function result(sign, code) {
  const { TEXTS } = languages[code];
  if (sign.outcome === "enrolled") return [TEXTS.enrolled, TEXTS.thanks];
  if (sign.outcome === "not_enrolled") return [TEXTS.notEnrolled, TEXTS.askOperator];
  if (sign.outcome !== "granted") return [TEXTS.refused, refusal(sign, code)];
  return [sign.name ? TEXTS.grantedTo(sign.name) : TEXTS.granted, sign.confirm ? TEXTS.confirm : TEXTS.open];
}

// Headline, detail, and what counts down: that is not told to a screen reader anew every second.
export function words(sign, code, idle) {
  const said = languages[code];
  if (sign.phase === "result") return result(sign, code);
  const [headline, detail] = said.PHASES[idle ? "idle" : sign.phase] ?? ["", ""];
  if (sign.phase === "pause") return [headline, detail, again(sign, code)];
  if (sign.phase === "closed") return [headline, `${said.CLOSED[sign.reason] ?? ""} ${said.TEXTS.code(sign.reason)}`.trim()];
  if (sign.phase === "factor" && sign.reason) return [headline, refusal(sign, code)];
  return [said.INSTRUCTIONS[sign.instruction] ?? headline, said.CONDITIONS[sign.condition] ?? detail];
}

// The sign's symbol, by its name in icons.svg, without `icon-`: shape says the same as colour.
export function icon(sign, idle) {
  if (sign.phase === "result") return ["granted", "enrolled"].includes(sign.outcome) ? "yes" : "no";
  if (sign.phase === "pad" || sign.phase === "factor") return "pad";
  if (sign.phase === "closed") return "closed";
  if (sign.phase === "pause" || sign.phase === "starting") return "wait";
  if (idle && sign.notice.frontage === "public") return "tap";
  return sign.instruction || (idle ? "face" : "look_straight");
}

// What is said aloud: a name in speech/CODE/, empty for nothing.
export function spoken(sign, idle) {
  if (sign.phase === "result") return sign.outcome;
  if (sign.phase === "visit" || sign.phase === "reserved") return sign.instruction;
  if (sign.phase === "waiting") return idle ? "" : sign.instruction;
  return ["pad", "factor", "pause", "closed"].includes(sign.phase) ? sign.phase : "";
}
