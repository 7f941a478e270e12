// A tab with a list beside the details of one row. Only rows that changed are drawn again.

import { el, many } from "./text.js";

const FLASHING = 20; // rows that may light up at once: more would be unrest, and slow

export class Board {
  #rows = new Map(); // key -> { data, element, words }
  #order = []; // keys as they are shown
  #selected = null;
  #opened = false;
  #drawn = null; // what the details show
  #made = 0; // rows so far: keys are no ids, for they come from outside

  /**
   * `draw(data)` makes the children of a row, `words(data)` what a filter looks through, `detail(data)` the details (or a promise of
   * them). `before(a, b)` says whether the row a stands above b. `state(data)` is put on the row as `data-state`.
   */
  constructor({ name, title, columns, one, more, empty, key, before, draw, words, detail, state = () => "" }) {
    Object.assign(this, { name, title, one, more, key, before, draw, words, detail, state });
    this.filter = el("input", {
      type: "search",
      class: "filter",
      placeholder: "Filter",
      "aria-label": `Filter: ${title}`,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.#refilter(),
    });
    this.count = el("span", { class: "count", role: "status" });
    this.tools = el("div", { class: "tools" }, el("label", { class: "search" }, this.filter, el("kbd", {}, "/")), this.count);
    this.list = el("div", {
      class: "rows",
      role: "listbox",
      tabindex: "0",
      "aria-label": title,
      onclick: (event) => this.#clicked(event),
    });
    this.empty = el("p", { class: "empty" }, empty);
    this.pane = el("section", { class: "detail", tabindex: "-1", "aria-label": "Details" });
    const head = el("div", { class: `head row-${name}`, "aria-hidden": "true" }, columns.map((each) => el("span", {}, each)));
    this.element = el(
      "section",
      { class: "panel", role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true },
      this.tools,
      el("div", { class: "split" }, el("div", { class: "listing" }, head, this.list, this.empty), this.pane),
    );
    this.#drawDetail();
    this.#tell();
  }

  get size() {
    return this.#rows.size;
  }

  get data() {
    return this.#order.map((key) => this.#rows.get(key).data);
  }

  get isOpen() {
    return this.#opened;
  }

  /** Take in what has changed; `whole` means that what is not in `put` is gone, `moved` are keys whose place may be another now. */
  apply({ put, drop }, whole = false, moved = []) {
    const known = whole ? new Set(put.map(this.key)) : null;
    const gone = whole ? this.#order.filter((key) => !known.has(key)) : drop;
    const back = new Set(put.map(this.key));
    for (const key of gone) if (!back.has(key)) this.#remove(key);
    const added = [];
    for (const data of put) {
      const row = this.#rows.get(this.key(data));
      if (row) this.#update(row, data);
      else added.push(data);
    }
    this.#insert(added, !whole && added.length <= FLASHING);
    for (const key of moved) this.#move(key);
    if (gone.length || added.length || moved.length) this.#order = [...this.list.children].map((each) => each.key);
    this.#tell();
  }

  /** Go `steps` rows down, or up. */
  move(steps) {
    const visible = this.#visible();
    if (!visible.length) return;
    const at = visible.indexOf(this.#selected);
    const from = at < 0 && steps < Infinity ? 0 : at + steps;
    const to = Math.min(visible.length - 1, Math.max(0, from));
    this.#select(visible[to]);
  }

  /** Show the details of the row that is selected, or of the first. */
  open() {
    if (this.#selected === null) this.move(0);
    if (this.#selected === null) return;
    this.#opened = true;
    this.#drawDetail();
    this.pane.focus({ preventScroll: true });
  }

  /** Hide the details; false if there were none. */
  close() {
    if (!this.#opened) return false;
    this.#opened = false;
    this.#drawDetail();
    this.list.focus({ preventScroll: true });
    return true;
  }

  /** Select a row by its key and show it. */
  show(key) {
    if (!this.#rows.has(key)) return;
    this.filter.value = "";
    this.#refilter();
    this.#select(key);
    this.open();
  }

  /** Draw the details again, because something that they show has changed. */
  redraw() {
    if (this.#opened) this.#drawDetail();
  }

  #clicked(event) {
    const row = event.target.closest("[role=option]");
    if (!row) return;
    this.#select(row.key);
    this.open();
  }

  #insert(added, fresh) {
    added.sort((a, b) => (this.before(a, b) ? -1 : 1));
    let next = this.list.firstElementChild;
    const batch = document.createDocumentFragment();
    for (const data of added) {
      while (next && !this.before(data, this.#rows.get(next.key).data)) {
        if (batch.childNodes.length) this.list.insertBefore(batch, next);
        next = next.nextElementSibling;
      }
      batch.append(this.#make(data, fresh));
    }
    this.list.insertBefore(batch, next);
  }

  #move(key) {
    const { element, data } = this.#rows.get(key);
    element.remove();
    this.list.insertBefore(element, [...this.list.children].find((each) => this.before(data, this.#rows.get(each.key).data)) ?? null);
  }

  #make(data, fresh) {
    const key = this.key(data);
    const element = el(
      "div",
      { class: `row row-${this.name}`, role: "option", id: `${this.name}-${(this.#made += 1)}`, "aria-selected": "false" },
      this.draw(data),
    );
    element.key = key;
    element.dataset.state = this.state(data);
    element.classList.toggle("fresh", fresh);
    const row = { data, element, words: null };
    this.#rows.set(key, row);
    element.hidden = !this.#fits(row);
    return element;
  }

  #update(row, data) {
    row.data = data;
    row.words = null;
    row.element.dataset.state = this.state(data);
    row.element.replaceChildren(...[this.draw(data)].flat(Infinity).filter(Boolean));
    row.element.hidden = !this.#fits(row);
    if (this.#opened && this.key(data) === this.#selected) this.#drawDetail();
  }

  #remove(key) {
    const row = this.#rows.get(key);
    if (!row) return;
    row.element.remove();
    this.#rows.delete(key);
    if (this.#selected === key) {
      this.#selected = null;
      this.list.removeAttribute("aria-activedescendant");
      this.#opened = false;
      this.#drawDetail();
    }
  }

  #select(key) {
    this.#rows.get(this.#selected)?.element.setAttribute("aria-selected", "false");
    this.#selected = key;
    const { element } = this.#rows.get(key);
    element.setAttribute("aria-selected", "true");
    element.scrollIntoView({ block: "nearest" });
    this.list.setAttribute("aria-activedescendant", element.id);
    if (this.#opened) this.#drawDetail();
  }

  async #drawDetail() {
    const row = this.#opened ? this.#rows.get(this.#selected) : null;
    this.element.classList.toggle("is-open", Boolean(row));
    const drawing = (this.#drawn = {});
    if (!row) {
      this.pane.replaceChildren(
        el("p", { class: "hint" }, "Choose a row to see all of it.", el("br"), el("kbd", {}, "j"), " ", el("kbd", {}, "k"), " move, ", el("kbd", {}, "Enter"), " opens."),
      );
      return;
    }
    const made = await this.detail(row.data);
    if (this.#drawn !== drawing) return; // another row was chosen meanwhile
    const same = this.pane.dataset.key === String(this.#selected);
    const scrolled = same ? this.pane.scrollTop : 0;
    const close = el("button", { type: "button", class: "close", "aria-label": "Close the details", onclick: () => this.close() }, "×");
    this.pane.replaceChildren(close, ...[made].flat(Infinity).filter(Boolean));
    this.pane.dataset.key = this.#selected;
    this.pane.scrollTop = scrolled;
  }

  #fits(row) {
    const wanted = this.filter.value.toLowerCase().split(/\s+/u).filter(Boolean);
    if (!wanted.length) return true;
    row.words ??= this.words(row.data).join(" ").toLowerCase();
    return wanted.every((each) => row.words.includes(each));
  }

  #refilter() {
    for (const row of this.#rows.values()) row.element.hidden = !this.#fits(row);
    this.#tell();
  }

  #visible() {
    return this.#order.filter((key) => !this.#rows.get(key).element.hidden);
  }

  #tell() {
    const all = this.#rows.size;
    const filtered = this.filter.value.trim() !== "";
    const text = filtered ? `${this.#visible().length} of ${many(all, this.one, this.more)}` : many(all, this.one, this.more);
    if (this.count.textContent !== text) this.count.textContent = text;
    this.empty.hidden = all > 0;
  }
}
