// Callbacks: what the sandbox told the merchant, or is still trying to tell.

import { Board } from "./board.js";
import { el, facts, moment, pretty, said, span } from "./text.js";

const KINDS = { ipn: "IPN", webhook: "webhook", result: "resultUrl" };
const LOOKS = { delivered: "good", failed: "bad", waiting: "moving" };

export function callbacks(page) {
  return new Board({
    name: "notices",
    title: "Callbacks",
    one: "callback",
    columns: ["Time", "Kind", "Event and address", "Outcome"],
    empty: "Nothing to tell yet. Register a callback URL or subscribe a webhook under Controls, and send an order.",
    key: (each) => each.n,
    before: (a, b) => a.n > b.n,
    state: (each) => LOOKS[each.state],
    words: (each) => [KINDS[each.kind], each.event, each.url, each.state, each.outcome, each.merchant_reference],
    draw: (each) => [
      el("span", { class: "when" }, moment(each.made, page.now())),
      el("span", {}, el("span", { class: "chip" }, KINDS[each.kind])),
      el("span", { class: "who" }, el("b", {}, said(each.event)), said(each.url, { class: "quiet" })),
      el("span", { class: "result" }, el("span", { class: `pill ${LOOKS[each.state]}` }, each.state), next(each)),
    ],
    detail: (each) => [
      el("h2", { class: "title" }, said(each.event), " ", el("span", { class: "chip" }, KINDS[each.kind])),
      el("p", { class: "under" }, el("span", { class: `pill ${LOOKS[each.state]}` }, each.state), next(each)),
      facts([
        ["Address", each.url],
        ["About", each.merchant_reference],
        ["Tries", `${each.attempts} of ${page.values.retries + 1}`],
        ["Last outcome", each.outcome || "not tried yet"],
        [page.choices.header, each.signature],
      ]),
      each.signature ? el("p", { class: "quiet note" }, "HMAC-SHA256 of the raw body below, keyed with the webhook secret, in lower-case hex.") : null,
      el("h3", {}, "Body"),
      pretty(each.body),
    ],
  });

  function next(each) {
    if (each.state !== "waiting") return each.attempts > 1 ? el("span", { class: "quiet" }, `after ${each.attempts} tries`) : null;
    const waits = el("span", { class: "quiet", "data-due": each.due, "data-tries": each.attempts });
    wait(waits, page.now());
    return waits;
  }
}

/** Tell in `place` how long it is until the next try. */
export function wait(place, now) {
  const left = Math.max(0, Number(place.dataset.due) - now);
  const text = place.dataset.tries === "0" ? "being sent" : left < 1 ? "trying again" : `again in ${span(left)}`;
  if (place.textContent !== text) place.textContent = text;
}
