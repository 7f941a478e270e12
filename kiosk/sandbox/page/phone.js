// Phone: messages as they appear on the phones they were sent to, one conversation for each number.

import { Board } from "./board.js";
import { el, many, moment, said, shown } from "./text.js";

const WORDS = { Success: "Delivered", Failed: "Not delivered", "Queued (Offline)": "Waiting for the network" };

export class Phone {
  #messages = new Map(); // n -> message

  constructor(page) {
    this.page = page;
    this.board = new Board({
      name: "phone",
      title: "Phone",
      one: "number",
      columns: ["Number", "Last message", ""],
      empty: "No SMS yet. POST /billing/v1/sms/send, and it arrives here.",
      key: (each) => each.phone,
      before: (a, b) => a.last.n > b.last.n,
      state: (each) => (each.last.status === "Failed" ? "bad" : ""),
      words: (each) => [each.phone, each.name, ...each.all.map(text)],
      draw: (each) => [
        el("span", { class: "who" }, el("b", {}, said(each.name || each.phone)), each.name ? said(each.phone, { class: "quiet" }) : null),
        el("span", { class: "path" }, said(text(each.last).replaceAll("\n", " "))),
        el("span", { class: "when" }, each.all.length > 1 ? el("span", { class: "chip" }, each.all.length) : null, moment(each.last.received, page.now())),
      ],
      detail: (each) => handset(each, page),
    });
  }

  /** Take in what has changed of the messages, or of the names of whom they go to. */
  apply({ put, drop }, whole) {
    if (whole) this.#messages.clear();
    for (const n of drop) this.#messages.delete(n);
    for (const each of put) this.#messages.set(each.n, each);
    this.regroup();
  }

  regroup() {
    const threads = new Map();
    for (const each of [...this.#messages.values()].sort((a, b) => a.n - b.n)) {
      const thread = threads.get(each.destination) ?? { phone: each.destination, all: [] };
      thread.all.push(each);
      threads.set(each.destination, thread);
    }
    const known = new Map(this.board.data.map((each) => [each.phone, each]));
    const changed = [];
    for (const thread of threads.values()) {
      thread.last = thread.all.at(-1);
      thread.name = this.page.nameOf(thread.phone);
      const before = known.get(thread.phone);
      const same = before && before.name === thread.name && before.all.length === thread.all.length && before.all.every((each, at) => each === thread.all[at]);
      if (!same) changed.push(thread);
    }
    // A number whose newest message is new moves to the top: it goes, and comes back in its place.
    const moved = changed.filter((each) => known.has(each.phone) && known.get(each.phone).last.n !== each.last.n);
    const gone = [...known.keys()].filter((phone) => !threads.has(phone));
    this.board.apply({ put: changed, drop: gone }, false, moved.map((each) => each.phone));
  }

  get size() {
    return this.#messages.size;
  }
}

/** What a phone shows: the text, or the code where there is only a code. */
const text = (each) => each.fields.message ?? `Your code is ${each.fields.otp}`;

function handset(thread, page) {
  return el(
    "div",
    { class: "phone", role: "group", "aria-label": `Messages to ${thread.phone}` },
    el("header", {}, el("b", {}, said(thread.name || thread.phone)), el("span", {}, thread.name ? said(thread.phone) : null, thread.name ? " · " : "", many(thread.all.length, "message"))),
    el(
      "ol",
      { class: "bubbles" },
      thread.all.map((each) =>
        el(
          "li",
          { class: each.status === "Failed" ? "bubble failed" : "bubble" },
          el("p", { dir: "auto" }, shown(text(each), { lines: true })),
          el("small", {}, moment(each.received, page.now()), ` · ${WORDS[each.status] ?? each.status} · `, said(each.merchant_reference)),
        ),
      ),
    ),
  );
}
