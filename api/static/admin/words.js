// In which language the page speaks: the first of the browser's that it knows, else English. One file a language.

import * as de from "./de.js";
import * as en from "./en.js";

const KNOWN = { de, en };
export const LANGUAGE = navigator.languages.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each in KNOWN) ?? "en";
const { CODES, TEXT } = KNOWN[LANGUAGE];

export const say = (name, ...values) => (typeof TEXT[name] === "function" ? TEXT[name](...values) : TEXT[name] ?? name);
export const code = (name, otherwise = String(name ?? "").replaceAll("_", " ")) => CODES[name] ?? otherwise;

const time = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" });
const hour = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const decimal = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 2, minimumFractionDigits: 2 });
export const when = (text) => (text ? time.format(new Date(text)) : "–");
export const clock = (date) => hour.format(date);
export const number = (value) => (value === null || value === undefined ? "–" : decimal.format(value));
