// In which language the page speaks: the first of the browser's that it knows, else English. One file a language.

import * as de from "./de.js";
import * as en from "./en.js";

const KNOWN = { de, en };
export const LANGUAGE = navigator.languages.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each in KNOWN) ?? "en";
export const { CONDITIONS, ENDS, FAILED, GO, INSTRUCTIONS, PAGE } = KNOWN[LANGUAGE];
