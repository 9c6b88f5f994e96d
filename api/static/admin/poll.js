// Looking at the device again and again while a view is open. What is looked at is the views' business.

import { guarded, tell } from "./admin.js";

const AFTER_FAILURE_MS = 2000;

// `look` answers true when there is nothing more to look at. One that failed is told and made again: the device goes on
// meanwhile, whether this page hears of it or not.
export function poll(look, pauseMs) {
  let timer = 0, gone = false, failed = false;

  async function round() {
    let over = false, pause = AFTER_FAILURE_MS;
    try {
      over = await look();
      pause = pauseMs;
      if (failed) tell("");
      failed = false;
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      if (!over) again(pause);
    }
  }

  function again(pause) {
    if (!gone) timer = setTimeout(guarded(round), pause);
  }

  again(pauseMs);
  return () => { gone = true; clearTimeout(timer); };
}
