// Requests: what arrived, what was answered, and the check of its signature spelled out.

import { Board } from "./board.js";
import { ask } from "./live.js";
import { el, moment, pretty, said, shown } from "./text.js";

const DONE = new Set(["0000", "200", "1100"]);

export function requests(page) {
  return new Board({
    name: "requests",
    title: "Requests",
    one: "request",
    columns: ["Time", "Call", "", "Answer"],
    empty: "Nothing has arrived yet. Send a request to this address, and it is here at once.",
    key: (each) => each.n,
    before: (a, b) => a.n > b.n,
    state: outcome,
    words: (each) => [each.method, each.target, each.call, answered(each), each.code ?? "", each.meaning, each.fault, outcome(each)],
    draw: (each) => [
      el("span", { class: "when" }, moment(each.at, page.now())),
      el("span", { class: `method ${each.method}` }, shown(each.method)),
      el("span", { class: "path" }, said(each.target)),
      el("span", { class: "result" }, badge(each), meaning(each), each.fault ? el("span", { class: "chip fault" }, each.fault) : null),
    ],
    detail: (each) => details(each, page),
  });
}

const answered = (each) => (each.silent ? "no answer" : String(each.status));

function outcome(each) {
  if (each.fault) return "spoilt";
  return each.status < 400 && (each.code === null || DONE.has(each.code)) ? "good" : "bad";
}

const badge = (each) => el("span", { class: `status ${outcome(each)}` }, answered(each));

function meaning(each) {
  if (each.status === 429) return el("span", { class: "meaning" }, "Too many requests.");
  if (each.call === "") return el("span", { class: "meaning" }, "No such call.");
  if (each.code === null || DONE.has(each.code)) return null;
  return el("span", { class: "meaning" }, el("b", {}, said(each.code)), " ", each.meaning);
}

async function details(line, page) {
  let seen;
  try {
    seen = await ask(`/sandbox/requests/${line.n}`);
  } catch (error) {
    return el("p", { class: "why bad" }, error.message);
  }
  const { exchange, explanation } = seen;
  const from = exchange.expected === null ? "The signature was not looked at." : null;
  return [
    el("h2", { class: "title" }, el("span", { class: `method ${exchange.method}` }, shown(exchange.method)), " ", said(exchange.target)),
    el("p", { class: "under" }, badge(line), meaning(line), moment(exchange.at, page.now()), exchange.call ? el("span", {}, exchange.call) : null),
    el("p", { class: `why ${outcome(line)}` }, shown(explanation.why)),
    explanation.hint ? el("p", { class: "tip" }, shown(explanation.hint)) : null,
    exchange.call ? signature(exchange, explanation, from) : null,
    el("h3", {}, "Request"),
    pretty(exchange.body),
    el("h3", {}, "Answer"),
    line.silent ? el("p", { class: "none" }, "The connection was closed without one.") : pretty(exchange.answer),
  ];
}

function signature(exchange, explanation, absent) {
  const { pieces } = explanation;
  const verdict = exchange.expected === null ? ["unchecked", "not checked"] : explanation.differs_at === null ? ["good", "fits"] : ["bad", "does not fit"];
  return el(
    "section",
    { class: "signature", "aria-label": "Signature" },
    el("h3", {}, "Signature ", el("span", { class: `verdict ${verdict[0]}` }, verdict[1])),
    absent ? el("p", { class: "quiet" }, absent) : null,
    pieces.length ? fields(pieces) : null,
    exchange.signed === null ? null : signed(exchange.signed, pieces),
    exchange.expected === null ? null : compared(exchange, explanation.differs_at),
  );
}

function fields(pieces) {
  return el(
    "ol",
    { class: "pieces", "aria-label": "What is signed, in order" },
    pieces.map((each, at) =>
      el(
        "li",
        { class: each.value === null ? "absent" : `tint-${at % 2}` },
        el("span", { class: "wire" }, each.wire),
        each.value === null ? el("span", { class: "none" }, each.required ? "missing" : "left out") : said(each.value, { class: "value" }),
      ),
    ),
  );
}

/** The signed text with its fields told apart, and its bytes. */
function signed(text, pieces) {
  const values = pieces.map((each) => each.value).filter((each) => each !== null);
  const known = values.join("") === text;
  let tint = -1;
  const parts = known
    ? pieces.map((each) => {
        tint += 1;
        return each.value === null ? null : el("span", { class: `tint-${tint % 2}` }, shown(each.value));
      })
    : shown(text);
  const bytes = new TextEncoder().encode(text);
  return [
    el("p", { class: "label" }, "The text that is signed"),
    el("p", { class: "mono", "data-role": "signed", dir: "ltr" }, parts.filter(Boolean)),
    el("details", {}, el("summary", {}, `Its ${bytes.length.toLocaleString("en-GB")} bytes`), el("pre", { class: "code", tabindex: "0" }, dump(bytes))),
  ];
}

function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const hex = row.map((each) => each.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((each) => (each >= 32 && each < 127 ? String.fromCharCode(each) : "·")).join("");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

function compared({ expected, claimed }, at) {
  if (at === null) return [el("p", { class: "label" }, "Expected, and came"), el("p", { class: "mono digits", "data-role": "expected" }, expected)];
  const came = claimed === "" ? el("span", { class: "none" }, "nothing") : marked(claimed, at);
  return [
    el("p", { class: "label" }, "Expected"),
    el("p", { class: "mono digits", "data-role": "expected" }, marked(expected, at)),
    el("p", { class: "label" }, "Came", el("span", { class: "quiet" }, ` · differs from digit ${at + 1}`)),
    el("p", { class: "mono digits", "data-role": "claimed" }, came),
  ];
}

/** `text` with what it shares with the other one in grey, and the first difference marked. */
const marked = (text, at) => [
  el("span", { class: "same" }, shown(text.slice(0, at))),
  el("mark", {}, shown(text.slice(at, at + 1))),
  el("span", { class: "rest" }, shown(text.slice(at + 1))),
];

