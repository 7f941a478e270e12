// Controls: limits, money, mishaps and addresses of the running sandbox. Everything is sent as soon as it is entered.

import { ask } from "./live.js";
import { el, facts, many, said } from "./text.js";

/** What each way to misbehave needs to be told, beside where and how often. */
const NEEDS = {
  slow: ["seconds", "jitter"],
  trickle: ["seconds"],
  cut: ["at"],
  status: ["status", "body"],
  code: ["code"],
  huge: ["size", "gzip"],
};
const NUMBERS = new Set(["seconds", "jitter", "at", "status", "size", "count", "chance", "after", "lasts", "bal"]);

export class Controls {
  constructor(page, element) {
    this.page = page;
    this.element = element;
    this.told = el("p", { class: "told", role: "status" });
    page.ready.then((choices) => this.#build(choices));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  toggle(open = this.element.hidden) {
    if (open === this.isOpen) return false;
    const opener = document.getElementById("open-controls");
    this.element.hidden = !open;
    document.body.classList.toggle("with-controls", open);
    opener.setAttribute("aria-expanded", String(open));
    if (open) this.element.querySelector("input")?.focus();
    else opener.focus();
    return true;
  }

  /** Show what holds now; what is being typed stays. */
  apply(values) {
    for (const [name, control] of Object.entries(this.conditions ?? {})) {
      const value = values.conditions?.[name];
      if (value === undefined || control === document.activeElement) continue;
      if (control.type === "checkbox") control.checked = value;
      else control.value = value;
    }
    if (values.faults) this.#list(this.faults, values.faults, faultWords);
    if (values.outcomes) this.#list(this.outcomes, values.outcomes, outcomeWords);
    if (values.webhooks) this.#list(this.webhooks, values.webhooks, (each) => [said(each.url), ` · ${many(each.events.length, "event")}`], (each) => this.#send("webhooks", { url: each.url, events: [] }, "Unsubscribed."));
  }

  #list(place, all, words, remove) {
    if (!place) return;
    place.replaceChildren(
      ...all.map((each) =>
        el("li", {}, el("span", {}, words(each)), remove ? el("button", { type: "button", class: "small", "aria-label": "Remove", onclick: () => remove(each) }, "×") : null),
      ),
    );
    place.hidden = !all.length;
  }

  #build(choices) {
    const { page } = this;
    const number = (more) => el("input", { type: "number", min: "0", ...more });
    this.conditions = {
      online: el("input", { type: "checkbox", role: "switch" }),
      balance: el("input", { inputmode: "decimal", autocomplete: "off" }),
      per_minute: number({}),
      per_day: number({}),
      pace: number({ step: "any" }),
      callback_url: el("input", { type: "url", autocomplete: "off", placeholder: "nowhere" }),
    };
    for (const [name, control] of Object.entries(this.conditions)) control.addEventListener("change", () => this.#condition(name, control));
    this.faults = el("ul", { class: "active", "aria-label": "Faults that are on" });
    this.outcomes = el("ul", { class: "active calm", "aria-label": "Rules in force" });
    this.webhooks = el("ul", { class: "active calm", "aria-label": "Webhooks" });
    const calls = (empty) => [el("option", { value: "" }, empty), ...choices.calls.map((each) => el("option", { value: each.name }, each.name))];
    this.element.replaceChildren(
      el("header", {}, el("h2", {}, "Controls"), el("button", { type: "button", class: "close", "aria-label": "Close the controls", onclick: () => this.toggle(false) }, "×")),
      this.told,
      group(
        "Platform",
        field("Networks can be reached", this.conditions.online, "While not, offline_mode orders wait."),
        field("Wallet, in shillings", this.conditions.balance),
        field("Requests a minute", this.conditions.per_minute, "0 is unlimited."),
        field("Requests a day", this.conditions.per_day),
        field("Seconds in each state", this.conditions.pace, "0 ends orders at once."),
        field("Callback URL", this.conditions.callback_url),
      ),
      group("Faults", this.faults, this.#faultForm(choices), el("button", { type: "button", onclick: () => this.#send("faults", { kind: "none" }, "It behaves again.") }, "Behave again")),
      group(
        "Outcome rules",
        this.outcomes,
        this.#form("outcomes", "Add the rule", "Added.", [
          field("Orders by", el("select", { name: "call" }, calls("every call"))),
          field("To, or the end of it", el("input", { name: "destination", placeholder: "anybody" })),
          field("Of amount", el("input", { name: "amount", placeholder: "any, as written" })),
          field("End with", el("select", { name: "code" }, ends(choices.codes))),
          field("By way of Retry", el("input", { type: "checkbox", name: "retries" })),
          field("Chance, 0 to 1", number({ name: "chance", max: "1", step: "any", placeholder: "1" })),
        ]),
        el("button", { type: "button", onclick: () => this.#send("outcomes", undefined, "All end well again.", "DELETE") }, "Forget the rules"),
      ),
      group(
        "Webhooks",
        this.webhooks,
        this.#form("webhooks", "Subscribe", "Subscribed.", [
          field("Address", el("input", { name: "url", type: "url", required: true, placeholder: "http://127.0.0.1:8000/hook" })),
          el("fieldset", {}, el("legend", {}, "Events"), choices.events.map((each) => el("label", { class: "check" }, el("input", { type: "checkbox", name: "events", value: each, checked: true }), each))),
        ]),
      ),
      group(
        "New member",
        this.#form("members", "Add the member", "Added.", [
          field("UID", el("input", { name: "uid", required: true })),
          field("Name", el("input", { name: "name", required: true })),
          field("Telephone", el("input", { name: "phone", type: "tel" })),
          field("Title", el("input", { name: "title", placeholder: "Student" })),
          field("SMS credit", number({ name: "bal", placeholder: "0" })),
        ]),
      ),
      group("Credentials of this sandbox", facts(Object.entries(choices.credentials).map(([name, value]) => [name, el("code", {}, value)]))),
    );
    this.apply(page.values);
  }

  #faultForm(choices) {
    const does = el("p", { class: "quiet" });
    const details = {
      seconds: field("Seconds", el("input", { name: "seconds", type: "number", min: "0", step: "any", value: "1" })),
      jitter: field("And up to … more", el("input", { name: "jitter", type: "number", min: "0", step: "any", value: "0" })),
      at: field("After so many bytes", el("input", { name: "at", type: "number", min: "0", value: "0" })),
      status: field("HTTP status", el("input", { name: "status", type: "number", min: "200", max: "599", value: "503" })),
      body: field("Body", el("input", { name: "body", value: "{}" })),
      code: field("Platform code", el("select", { name: "code" }, choices.codes.map((each) => el("option", { value: each.code, selected: each.code === "5000" }, `${each.code} ${each.meaning}`)))),
      size: field("Bytes", el("input", { name: "size", type: "number", min: "1", value: "1000000" })),
      gzip: field("As a gzip bomb", el("input", { name: "gzip", type: "checkbox" })),
    };
    const kind = el("select", { name: "kind" }, choices.faults.map((each) => el("option", { value: each.kind }, each.kind)));
    const paths = el("datalist", { id: "paths" }, choices.calls.map((each) => el("option", { value: each.path.split("{")[0] })));
    const chosen = () => {
      const needed = NEEDS[kind.value] ?? [];
      for (const [name, place] of Object.entries(details)) {
        place.hidden = !needed.includes(name);
        place.querySelector("[name]").disabled = place.hidden;
      }
      does.textContent = choices.faults.find((each) => each.kind === kind.value).does;
    };
    kind.addEventListener("change", chosen);
    chosen();
    return this.#form("faults", "Switch it on", "Switched on.", [
      field("What goes wrong", kind),
      does,
      ...Object.values(details),
      field("Paths that begin with", el("input", { name: "path", list: "paths", placeholder: "every path" })),
      paths,
      field("How often", el("input", { name: "count", type: "number", min: "1", placeholder: "until it behaves again" })),
      field("Begins in seconds", el("input", { name: "after", type: "number", min: "0", step: "any", placeholder: "at once" })),
      field("Lasts seconds", el("input", { name: "lasts", type: "number", min: "0", step: "any", placeholder: "for ever" })),
      field("Chance, 0 to 1", el("input", { name: "chance", type: "number", min: "0", max: "1", step: "any", placeholder: "1" })),
    ]);
  }

  #form(path, button, done, fields) {
    const form = el("form", { "data-path": path }, fields, el("button", { class: "primary" }, button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(path, filled(form), done);
    });
    return form;
  }

  #condition(name, control) {
    const value = control.type === "checkbox" ? control.checked : control.type === "number" ? Number(control.value) : control.value.trim();
    if (name === "callback_url" || value !== "") this.#send("conditions", { [name]: value }, "Changed.");
  }

  async #send(path, body, done, method) {
    try {
      await ask(`/sandbox/${path}`, body, method);
      this.#tell(done, "good");
    } catch (error) {
      this.#tell(error.message, "bad");
      this.apply(this.page.values);
    }
  }

  #tell(text, kind) {
    this.told.textContent = text;
    this.told.dataset.kind = kind;
  }
}

/** What a form says; what was left empty is left out. */
function filled(form) {
  const said = {};
  for (const control of form.elements) {
    if (!control.name || control.disabled) continue;
    if (control.name === "events") {
      said.events ??= [];
      if (control.checked) said.events.push(control.value);
    } else if (control.type === "checkbox") said[control.name] = control.checked;
    else if (control.value !== "") said[control.name] = NUMBERS.has(control.name) ? Number(control.value) : control.value;
  }
  return said;
}

const ends = (codes) => codes.filter((each) => !["200", "1100"].includes(each.code)).map((each) => el("option", { value: each.code, selected: each.code === "1105" }, `${each.code} ${each.meaning}`));

const group = (title, ...children) => el("section", { class: "group" }, el("h3", {}, title), ...children);

const field = (name, control, note) => el("label", { class: control.type === "checkbox" ? "check" : "field" }, el("span", {}, name, note ? el("small", {}, note) : null), control);

function faultWords(each) {
  const where = each.path || "every path";
  const often = each.count === null ? "" : ` · ${many(each.count, "time")} more`;
  return [el("b", {}, each.kind), " on ", said(where), often, each.chance < 1 ? ` · chance ${each.chance}` : ""];
}

function outcomeWords(each) {
  const what = [each.call || "every order", each.destination ? `to …${each.destination}` : "", each.amount ? `of ${each.amount}` : ""].filter(Boolean).join(" ");
  return [said(what), " → ", el("b", {}, each.code), each.retries ? " by way of Retry" : "", each.chance < 1 ? ` · chance ${each.chance}` : ""];
}
