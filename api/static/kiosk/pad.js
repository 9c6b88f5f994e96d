// The pad: a user number, then a PIN, by touch or keyboard. What a card or code reader types is told from people by its speed.

const NUMBER_MAX = 8;
const PIN_MIN = 4;
const PIN_MAX = 12;
// A reader's keys follow each other faster than anybody types, on average; after the longer pause another text begins.
const READER_MS = 60;
const PAUSE_MS = 250;
const CARD = /^[A-Za-z0-9_-]{6,64}$/;

const element = (id) => document.getElementById(id);

export class Pad {
  // `send` takes messages to the device, `ask` is told when the PIN is asked for.
  constructor(send, ask) {
    this.send = send;
    this.ask = ask;
    this.number = "";
    this.pin = "";
    this.asking = "number";
    this.texts = null;
    this.keys();
    element("done").onclick = () => this.done();
    element("cancel").onclick = () => this.send({ type: "pad", open: false });
    element("open").onclick = () => this.send({ type: "pad", open: true });
  }

  keys() {
    const labels = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "erase"];
    element("keys").replaceChildren(...labels.map((label) => {
      if (!label) return document.createElement("span");
      const key = Object.assign(document.createElement("button"), { type: "button", textContent: label === "erase" ? "⌫" : label });
      key.onclick = () => (label === "erase" ? this.erase() : this.type(label));
      if (label === "erase") key.id = "erase";
      return key;
    }));
  }

  speak(texts) {
    this.texts = texts;
    element("erase").setAttribute("aria-label", texts.erase);
    element("cancel").lastElementChild.textContent = texts.cancel;
    element("open").lastElementChild.textContent = texts.usePin;
    this.draw();
  }

  // Shown or not, and what was wrong with the last try.
  show(open, complaint) {
    const pad = element("pad");
    if (open && pad.hidden) {
      this.forget();
      pad.hidden = false;
      pad.focus({ preventScroll: true });
    }
    if (!open && !pad.hidden) {
      pad.hidden = true;
      this.forget();
    }
    if (element("complaint").textContent !== complaint) element("complaint").textContent = complaint;
  }

  forget() {
    [this.number, this.pin, this.asking] = ["", "", "number"];
    this.draw();
  }

  draw() {
    if (!this.texts) return;
    const { texts, asking } = this, typed = asking === "number" ? this.number : "•".repeat(this.pin.length);
    element("asked").textContent = asking === "number" ? texts.number : texts.pin;
    element("typed").textContent = typed || " ";
    element("typed").setAttribute("aria-label", texts.digits(typed.length));
    element("done").lastElementChild.textContent = asking === "number" ? texts.next : texts.enter;
    element("done").disabled = asking === "number" ? !this.number : this.pin.length < PIN_MIN;
  }

  type(digit) {
    if (this.asking === "number") this.number = (this.number + digit).slice(0, NUMBER_MAX);
    else this.pin = (this.pin + digit).slice(0, PIN_MAX);
    this.alive();
  }

  erase() {
    if (this.asking === "pin" && !this.pin) this.asking = "number";
    else if (this.asking === "pin") this.pin = this.pin.slice(0, -1);
    else this.number = this.number.slice(0, -1);
    this.alive();
  }

  // The pad stays open as long as somebody types.
  alive() {
    this.send({ type: "pad", open: true });
    this.draw();
  }

  done() {
    if (element("done").disabled) return;
    if (this.asking === "number") {
      this.asking = "pin";
      this.ask();
      this.alive();
      return;
    }
    this.send({ type: "pin", number: this.number, pin: this.pin });
    this.forget();
  }
}

// Keystrokes: those of a reader become a card, those of people go to the pad.
export function listen(pad, send) {
  let typed = "", began = 0, last = -Infinity, before = null;
  document.addEventListener("keydown", (event) => {
    if (event.timeStamp - last > PAUSE_MS) {
      [typed, began, before] = ["", event.timeStamp, { number: pad.number, pin: pad.pin, asking: pad.asking }];
    }
    last = event.timeStamp;
    if (event.key === "Enter" && CARD.test(typed) && last - began < READER_MS * typed.length) {
      event.preventDefault();
      Object.assign(pad, before);
      pad.draw();
      send({ type: "card", text: typed });
      typed = "";
      return;
    }
    if (event.key.length === 1) typed += event.key;
    const open = !element("pad").hidden;
    if (/^[0-9]$/.test(event.key) && open) pad.type(event.key);
    else if (event.key === "Backspace" && open) pad.erase();
    else if (event.key === "Escape" && open) send({ type: "pad", open: false });
    else if (event.key === "Enter" && open && !event.target.closest("button")) pad.done();
  });
}
