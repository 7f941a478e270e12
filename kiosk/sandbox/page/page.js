// The page: tabs, keys, and who is told of which news.

import { callbacks, wait } from "./callbacks.js";
import { Controls } from "./controls.js";
import { Handset } from "./handset.js";
import { ask, listen } from "./live.js";
import { money } from "./money.js";
import { attendance, members } from "./people.js";
import { Phone } from "./phone.js";
import { requests } from "./requests.js";
import { el, many } from "./text.js";

const KEYS = [
  ["1 … 7", "choose a tab"],
  ["j  k", "next and previous row; the arrow keys do the same"],
  ["Home  End", "first and last row"],
  ["Enter", "open the row"],
  ["/", "filter"],
  ["c", "controls"],
  ["?", "this list"],
  ["Esc", "close, or leave the field"],
];

const place = (id) => document.getElementById(id);

class Page {
  values = {};
  choices = {};
  #ahead = 0; // seconds by which the platform's clock is ahead of this one

  constructor() {
    this.ready = ask("/sandbox/choices").then((choices) => (this.choices = choices));
    this.boards = { requests: requests(this), members: members(this), attendance: attendance(this), orders: money(this), notices: callbacks(this) };
    this.phone = new Phone(this);
    this.handset = new Handset(this);
    this.controls = new Controls(this, place("controls"));
    this.tabs = [
      ["requests", "Requests", this.boards.requests],
      ["phone", "Phone", this.phone.board, () => this.phone.size],
      ["members", "Members", this.boards.members],
      ["attendance", "Attendance", this.boards.attendance],
      ["orders", "Money", this.boards.orders],
      ["notices", "Callbacks", this.boards.notices],
      ["ussd", "USSD", this.handset],
    ].map(([name, title, panel, size = () => panel.size], at) => this.#tab({ name, title, panel, size, key: String(at + 1) }));
    place("panels").append(...this.tabs.map((each) => each.panel.element));
    this.#fillKeys();
    this.choose(this.tabs.find((each) => `#${each.name}` === location.hash) ?? this.tabs[0]);
    document.addEventListener("keydown", (event) => this.#pressed(event));
    place("tabs").addEventListener("keydown", (event) => this.#alongTabs(event));
    place("open-controls").addEventListener("click", () => this.controls.toggle());
    place("open-keys").addEventListener("click", () => place("keys").showModal());
    setInterval(() => this.#tick(), 500);
    // Names of faults and codes come first: rows are drawn with them.
    this.ready.then(() => listen((news) => this.#hear(news), (state) => this.#line(state)));
  }

  /** The platform's time, in seconds since 1970. */
  now() {
    return Date.now() / 1000 + this.#ahead;
  }

  codeMeaning(code) {
    return this.choices.codes.find((each) => each.code === code)?.meaning ?? "";
  }

  memberName(uid) {
    return this.names?.get(uid) ?? "";
  }

  nameOf(phone) {
    return this.byPhone?.get(phone.slice(-9)) ?? "";
  }

  scansOf(uid) {
    return this.boards.attendance.data.filter((each) => each.uid === uid);
  }

  choose(tab) {
    this.current = tab;
    for (const each of this.tabs) {
      const chosen = each === tab;
      each.button.setAttribute("aria-selected", String(chosen));
      each.button.tabIndex = chosen ? 0 : -1;
      each.panel.element.hidden = !chosen;
    }
    tab.button.scrollIntoView({ block: "nearest", inline: "nearest" });
    history.replaceState(null, "", `#${tab.name}`);
  }

  #tab(tab) {
    tab.count = el("span", { class: "size" });
    tab.button = el(
      "button",
      { type: "button", role: "tab", id: `tab-${tab.name}`, "aria-controls": `panel-${tab.name}`, onclick: () => this.choose(tab) },
      el("kbd", { "aria-hidden": "true" }, tab.key),
      el("span", {}, tab.title),
      tab.count,
    );
    place("tabs").append(tab.button);
    return tab;
  }

  #hear(news) {
    this.#ahead = news.now - Date.now() / 1000;
    Object.assign(this.values, news.values);
    // Names first: the other rows show them.
    for (const name of ["members", "attendance", "requests", "orders", "notices"]) {
      const change = news.rows[name];
      if (!change) continue;
      this.boards[name].apply(change, news.whole);
      if (name === "members") this.#learnNames();
    }
    if (news.rows.messages) this.phone.apply(news.rows.messages, news.whole);
    if (news.rows.attendance) this.boards.members.redraw();
    this.controls.apply(news.values);
    this.#tell();
  }

  #learnNames() {
    const all = this.boards.members.data;
    const before = this.names;
    this.names = new Map(all.map((each) => [each.uid, each.name]));
    this.byPhone = new Map(all.filter((each) => each.phone).map((each) => [each.phone.slice(-9), each.name]));
    this.phone.regroup();
    const renamed = before && all.some((each) => before.get(each.uid) !== each.name);
    if (renamed) this.boards.attendance.apply({ put: this.boards.attendance.data, drop: [] });
  }

  #tell() {
    for (const tab of this.tabs) {
      const size = tab.size();
      const text = size ? size.toLocaleString("en-GB") : "";
      if (tab.count.textContent !== text) tab.count.textContent = text;
    }
    const { conditions, counts, faults, outcomes } = this.values;
    const limit = (most) => (most ? ` of ${most.toLocaleString("en-GB")}` : "");
    const shown = [
      el("span", { class: "fact" }, "KES ", el("b", {}, Number(conditions.balance).toLocaleString("en-KE", { minimumFractionDigits: 2 }))),
      el("span", { class: "fact", title: "Requests in the running minute, and today" }, el("b", {}, counts.minute.toLocaleString("en-GB")), `${limit(conditions.per_minute)} this minute`),
      conditions.online ? null : el("span", { class: "fact warn" }, "Networks offline"),
      faults.length ? el("span", { class: "fact warn" }, many(faults.length, "fault"), " on") : null,
      outcomes.length ? el("span", { class: "fact" }, many(outcomes.length, "outcome rule")) : null,
    ];
    place("facts").replaceChildren(...shown.filter(Boolean));
    this.boards.orders.balance.textContent = `KES ${Number(conditions.balance).toLocaleString("en-KE", { minimumFractionDigits: 2 })}`;
  }

  #line(state) {
    place("live").dataset.state = state;
    place("live").textContent = state === "live" ? "Live" : "Not running; waiting for it";
  }

  #tick() {
    for (const each of document.querySelectorAll("[data-due]")) wait(each, this.now());
  }

  #fillKeys() {
    place("keys").append(
      el("h2", { id: "keys-title" }, "Keys"),
      el("dl", { class: "keys" }, KEYS.map(([keys, does]) => [el("dt", {}, keys.split("  ").map((each) => el("kbd", {}, each))), el("dd", {}, does)])),
      el("form", { method: "dialog" }, el("button", { class: "primary" }, "Close")),
    );
  }

  #alongTabs(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!steps) return;
    const to = this.tabs[(this.tabs.indexOf(this.current) + steps + this.tabs.length) % this.tabs.length];
    this.choose(to);
    to.button.focus();
  }

  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || place("keys").open) return;
    if (event.key === "Escape") {
      this.#close(event.target);
      return;
    }
    if (event.target.matches("input, textarea, select")) return;
    if (event.key === "Enter" && event.target.matches("button, summary, a")) return;
    const does = this.#does(event.key);
    if (!does) return;
    event.preventDefault();
    does();
  }

  #does(key) {
    const tab = this.tabs.find((each) => each.key === key);
    if (tab) return () => this.choose(tab);
    const general = { "?": () => place("keys").showModal(), c: () => this.controls.toggle() }[key];
    const board = this.current.panel;
    if (general || !board.list) return general;
    return {
      j: () => board.move(1),
      k: () => board.move(-1),
      ArrowDown: () => board.move(1),
      ArrowUp: () => board.move(-1),
      Home: () => board.move(-Infinity),
      End: () => board.move(Infinity),
      Enter: () => board.open(),
      "/": () => board.filter.focus(),
    }[key];
  }

  #close(target) {
    if (target.matches(".filter")) {
      target.value = "";
      target.dispatchEvent(new Event("input"));
      this.current.panel.list.focus();
    } else if (this.controls.toggle(false)) return;
    else if (target.matches("input, textarea, select")) target.blur();
    else this.current.panel.close?.();
  }
}

new Page();
