// Tones and recorded speech. How loud is a matter of the time of day.

const GAP_MS = 2500;
const NOTES = { granted: [660, 880], refused: [440, 330], enrolled: [660, 880], not_enrolled: [440, 330], pause: [330], closed: [294], step: [587] };

let context = null;
let speaking = null;
let lastSpoken = { name: "", at: -GAP_MS };

const minutes = (text) => { const [hours, rest] = text.split(":"); return 60 * Number(hours) + Number(rest); };

// Between `night_from` and `night_to`, which may go over midnight, the night's volume counts.
export function volumeAt(date, screen) {
  const now = 60 * date.getHours() + date.getMinutes(), from = minutes(screen.night_from), to = minutes(screen.night_to);
  const night = from <= to ? now >= from && now < to : now >= from || now < to;
  return night ? screen.night_volume : screen.volume;
}

function tone(frequency, at, volume) {
  const [source, gain] = [context.createOscillator(), context.createGain()];
  source.frequency.value = frequency;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25 * volume, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.22);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + 0.25);
}

export function chime(kind, volume) {
  if (!volume) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  (NOTES[kind] ?? NOTES.step).forEach((frequency, order) => tone(frequency, context.currentTime + 0.2 * order, volume));
}

// One phrase at a time; the same one not again at once.
export function say(name, code, volume, now = performance.now()) {
  if (!name || !volume || (name === lastSpoken.name && now - lastSpoken.at < GAP_MS)) return;
  lastSpoken = { name, at: now };
  speaking?.pause();
  speaking = new Audio(`speech/${code}/${name}.ogg`);
  speaking.volume = volume;
  speaking.play().catch(() => {});
}
