// What the screen says of a sign, in the language that is chosen. The texts themselves are the languages' own files.

const languages = {};

// Loads every language that is there; adding one takes its file alone.
export async function loadLanguages() {
  const codes = await (await fetch("languages.json")).json();
  for (const code of codes) languages[code] = await import(`./lang.${code}.js`);
  return Object.keys(languages);
}

export const has = (code) => code in languages;
export const nameOf = (code) => languages[code].NAME;
export const textsOf = (code) => languages[code].TEXTS;

function refusal(words, { reason, seconds }) {
  const text = words.REFUSALS[reason] ?? words.TEXTS.otherwise;
  return seconds ? `${text} ${words.TEXTS.again(Math.ceil(seconds))}` : text;
}

function result(words, sign) {
  const { TEXTS } = words;
  if (sign.outcome !== "granted") return [TEXTS.refused, refusal(words, sign)];
  return [sign.name ? TEXTS.grantedTo(sign.name) : TEXTS.granted, sign.confirm ? TEXTS.confirm : TEXTS.open];
}

// Headline and detail.
export function words(sign, code, idle) {
  const said = languages[code];
  if (sign.phase === "result") return result(said, sign);
  const [headline, detail] = said.PHASES[idle ? "idle" : sign.phase] ?? ["", ""];
  if (idle && sign.notice.frontage === "public") return [headline, said.TEXTS.touch];
  if (sign.phase === "pause") return [headline, said.TEXTS.again(Math.ceil(sign.seconds))];
  if (sign.phase === "closed") return [headline, `${said.CLOSED[sign.reason] ?? ""} ${said.TEXTS.code(sign.reason)}`.trim()];
  if (sign.phase === "factor" && sign.reason) return [headline, refusal(said, sign)];
  return [said.INSTRUCTIONS[sign.instruction] ?? headline, said.CONDITIONS[sign.condition] ?? detail];
}

// The sign's symbol, by its name in icons.svg: shape says the same as colour.
export function icon(sign, idle) {
  if (sign.phase === "result") return sign.outcome === "granted" ? "yes" : "no";
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
