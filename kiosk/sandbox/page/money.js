// Money: the wallet, and every order on its way from pending to its end.

import { Board } from "./board.js";
import { el, facts, moment, pretty, said, shillings } from "./text.js";

const LOOKS = { Success: "good", Failed: "bad", Retry: "spoilt", "Queued (Offline)": "queued" };

export function money(page) {
  const board = new Board({
    name: "orders",
    title: "Money",
    one: "order",
    columns: ["Time", "What", "To", "Shillings", "State"],
    empty: "No orders yet. Payouts, checkouts, airtime and bills appear here, and move on by themselves.",
    key: (each) => each.n,
    before: (a, b) => a.n > b.n,
    state: (each) => LOOKS[each.status] ?? "moving",
    words: (each) => [each.category, each.call, each.destination, each.source, each.status, each.status_code, each.reference, each.merchant_reference, each.transaction_ref, shillings(each.cents)],
    draw: (each) => [
      el("span", { class: "when" }, moment(each.received, page.now())),
      el("span", { class: "path strong" }, said(each.category), each.duplicates ? el("span", { class: "chip" }, `+${each.duplicates} again`) : null),
      el("span", { class: "path" }, said(each.destination)),
      el("span", { class: "number" }, amount(each)),
      el("span", {}, pill(each)),
    ],
    detail: (each) => [
      el("h2", { class: "title" }, said(each.category), " ", el("span", { class: "number" }, amount(each))),
      el("p", { class: "under" }, pill(each), each.status === "Failed" ? el("b", {}, page.codeMeaning(each.status_code)) : null),
      steps(each),
      facts([
        ["From", each.source],
        ["To", each.destination],
        ["Your reference", each.reference],
        ["Merchant reference", each.merchant_reference],
        ["Transaction", each.transaction_ref],
        ["Brings back", each.reverses],
        ["Platform code", `${each.status_code} ${page.codeMeaning(each.status_code)}`],
        ["Received", moment(each.received, page.now())],
        ["Last change", moment(each.changed, page.now())],
        ["Came again", each.duplicates ? `${each.duplicates} times, and nothing was done` : null],
        ["With other content", each.conflicts ? `${each.conflicts} times` : null],
      ]),
      el("h3", {}, "Fields"),
      pretty(JSON.stringify(each.fields)),
    ],
  });
  board.balance = el("b", { class: "balance" });
  board.tools.prepend(el("span", { class: "wallet" }, "Wallet ", board.balance));
  return board;
}

function amount(each) {
  const sign = { pays: "−", message: "−", collects: "+", returns: "+" }[each.charge] ?? "";
  return `${sign}${shillings(each.cents)}`;
}

const pill = (each) => el("span", { class: `pill ${LOOKS[each.status] ?? "moving"}` }, each.status);

/** The way of an order, with where it is now. */
function steps(each) {
  const way = [
    ...(each.status === "Queued (Offline)" ? ["Queued (Offline)"] : []),
    "Pending",
    "Processing",
    ...(each.retries || each.ends_code !== "0000" || each.status === "Retry" ? ["Retry"] : []),
    each.status === "Failed" || each.ends_code !== "0000" ? "Failed" : "Success",
  ];
  const at = way.indexOf(each.status);
  return el(
    "ol",
    { class: "steps", "aria-label": "States" },
    way.map((name, place) => el("li", { class: place < at ? "past" : place === at ? `here ${LOOKS[name] ?? "moving"}` : "", "aria-current": place === at ? "step" : null }, name)),
  );
}
