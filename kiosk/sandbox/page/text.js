// Elements and texts. Everything that has arrived goes in as a text node, here and nowhere else, so that none of it becomes markup.

// Characters that cannot be seen, or that turn the text around them: shown by their numbers.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** An element with properties (`class`, `on…` and attributes) and children; children that are null are left out. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== ""));
  return made;
}

/** `text` as nodes, with what cannot be seen made visible. Where `lines`, line ends and tabs stay what they are. */
export function shown(text, { lines = false } = {}) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (lines && (found[0] === "\n" || found[0] === "\t")) continue;
    if (found.index > done) nodes.push(text.slice(done, found.index));
    nodes.push(control(found[0]));
    done = found.index + found[0].length;
  }
  if (done < text.length) nodes.push(text.slice(done));
  return nodes;
}

function control(character) {
  if (character === "\n") return el("span", { class: "ctl", title: "line end" }, "⏎");
  if (character === "\t") return el("span", { class: "ctl", title: "tab" }, "⇥");
  const name = `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  return el("span", { class: "ctl", title: "a character that cannot be seen" }, name);
}

/** A text from outside, kept from turning its neighbours around. */
export const said = (text, properties = {}) => el("bdi", properties, shown(String(text)));

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\],]|[^\s{}[\],"]+/gu;
const COLOURED = 20000;

/** A body: JSON indented and coloured without touching a digit of it, everything else as it came. */
export function pretty(text) {
  const place = el("pre", { class: "code", tabindex: "0" });
  if (text === "") place.append(el("span", { class: "none" }, "empty"));
  else if (!isJson(text)) place.append(...shown(text, { lines: true }));
  else place.append(...indented(text));
  return place;
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function indented(text) {
  const nodes = [];
  let depth = 0;
  let last = "";
  const plain = text.length > COLOURED;
  const put = (kind, token) => {
    if (plain || kind === null) nodes.push(...shown(token));
    else nodes.push(el("span", { class: kind }, shown(token)));
  };
  const fresh = () => nodes.push(`\n${"  ".repeat(depth)}`);
  for (const [token, string, colon] of text.matchAll(TOKENS)) {
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    if (closes ? !"{[".includes(last) || last === "" : last === "," || last === "{" || last === "[") fresh();
    if (string !== undefined && colon !== undefined) {
      put("name", string);
      nodes.push(": ");
    } else if (string !== undefined) put("string", string);
    else if (/^[{}[\],]$/u.test(token)) nodes.push(token);
    else put("number", token);
    if (token === "{" || token === "[") depth += 1;
    last = token;
  }
  return nodes;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** A moment (seconds since 1970) as a clock shows it, with its day where that is not the day of `now`. */
export function moment(at, now) {
  const when = new Date(at * 1000);
  const day = DAY.format(when);
  const elsewhere = now !== undefined && day !== DAY.format(new Date(now * 1000));
  return el("time", { title: FULL.format(when) }, elsewhere ? `${day} ` : "", CLOCK.format(when));
}

/** Seconds in words, as somebody would say them. */
export function span(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

const AMOUNT = new Intl.NumberFormat("en-KE", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Cents as shillings. */
export const shillings = (cents) => AMOUNT.format(cents / 100);

/** `count` things, in words. */
export const many = (count, one, more = `${one}s`) => `${count.toLocaleString("en-GB")} ${count === 1 ? one : more}`;

/** Names and values as a list; values that are null or empty are left out. */
export function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    { class: "facts-list" },
    rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value instanceof Node ? value : said(value))]),
  );
}
