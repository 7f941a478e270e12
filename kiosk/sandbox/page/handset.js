// USSD: a handset that dials a code at a developer's own service.

import { ask } from "./live.js";
import { el, many, pretty, said, shown } from "./text.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export class Handset {
  #session = "";
  #steps = 0;

  constructor(page) {
    const input = (name, value, more = {}) => el("input", { name, value, autocomplete: "off", spellcheck: "false", required: true, ...more });
    this.network = el("select", { name: "network" });
    this.form = el(
      "form",
      { class: "card", onsubmit: (event) => this.#dial(event), "aria-label": "What to dial" },
      field("Address of your service", input("url", "http://127.0.0.1:8000/ussd", { type: "url" })),
      field("Telephone", input("phone", "+254711000101", { type: "tel" })),
      field("Code", input("code", "*860*30#")),
      field("Network", this.network),
      field("Requests are sent as", el("select", { name: "form" }, el("option", { value: "application/json" }, "JSON"), el("option", { value: "application/x-www-form-urlencoded" }, "HTML form"))),
      el("button", { class: "primary" }, "Dial"),
    );
    this.screen = el("div", { class: "screen", role: "log", "aria-live": "polite", "aria-label": "Screen of the handset" });
    this.entry = el("input", { name: "text", "aria-label": "Your answer", autocomplete: "off", placeholder: "Answer", disabled: true });
    this.send = el("button", { class: "primary", disabled: true }, "Send");
    this.reply = el("form", { class: "reply", onsubmit: (event) => this.#enter(event) }, this.entry, this.send);
    this.keypad = el("div", { class: "keypad" }, KEYS.map((each) => el("button", { type: "button", tabindex: "-1", onclick: () => this.#press(each) }, each)));
    this.log = el("ol", { class: "log", "aria-label": "Steps of the session" });
    this.element = el(
      "section",
      { class: "panel", role: "tabpanel", id: "panel-ussd", "aria-labelledby": "tab-ussd", hidden: true },
      el(
        "div",
        { class: "ussd" },
        this.form,
        el("div", { class: "phone handset", role: "group", "aria-label": "Handset" }, this.screen, this.reply, this.keypad),
        el("section", { class: "card" }, el("h3", {}, "What was asked and answered"), this.log),
      ),
    );
    this.log.append(el("li", { class: "quiet" }, "Each step of the session appears here: the request as it was sent, and the answer as it came."));
    this.#show("Fill in the address of your service, and dial.", "hint");
    page.ready.then(({ networks }) => this.network.append(...networks.map((each) => el("option", {}, each))));
  }

  get size() {
    return null;
  }

  async #dial(event) {
    event.preventDefault();
    this.log.replaceChildren();
    this.#steps = 0;
    await this.#step(Object.fromEntries(new FormData(this.form)), "dialled");
  }

  async #enter(event) {
    event.preventDefault();
    const text = this.entry.value;
    this.entry.value = "";
    await this.#step({ session: this.#session, text }, text);
  }

  #press(key) {
    if (this.entry.disabled) return;
    this.entry.value += key;
    this.entry.focus();
  }

  async #step(body, entered) {
    this.#wait(true);
    let step;
    try {
      step = await ask("/sandbox/ussd", body);
    } catch (error) {
      this.#show(`${error.message}.`, "problem");
      this.#wait(false);
      return;
    }
    this.#session = step.ends ? "" : step.session;
    if (step.problem) this.#show(step.problem, "problem");
    else this.#show(step.text, step.ends ? "end" : "con");
    this.#note(step, entered);
    this.#wait(false);
  }

  #wait(waiting) {
    if (waiting) this.screen.classList.add("waiting");
    else this.screen.classList.remove("waiting");
    const closed = waiting || this.#session === "";
    this.entry.disabled = this.send.disabled = closed;
    if (!closed) this.entry.focus();
  }

  #show(text, kind) {
    this.screen.dataset.kind = kind;
    const tail = { con: `${many(text.length, "character")} · waits for an answer`, end: "The session is over.", problem: "A subscriber would see an error." }[kind];
    this.screen.replaceChildren(el("p", { dir: "auto" }, shown(text, { lines: true })), el("small", {}, tail ?? ""));
  }

  #note(step, entered) {
    this.#steps += 1;
    for (const each of this.log.querySelectorAll("details")) each.open = false;
    this.log.prepend(
      el(
        "li",
        { value: this.#steps },
        el("details", { open: true }, el("summary", {}, said(entered), el("span", { class: "quiet" }, ` ${Math.round(step.seconds * 1000)} ms`)), pretty(step.sent), pretty(step.answer)),
      ),
    );
  }
}

const field = (name, control) => el("label", { class: "field" }, el("span", {}, name), control);
