// Members and attendance.

import { Board } from "./board.js";
import { el, facts, moment, said, span } from "./text.js";

const LATE_S = 60;

export function members(page) {
  return new Board({
    name: "members",
    title: "Members",
    one: "member",
    columns: ["UID", "Name", "Title", "SMS credit"],
    empty: "No members yet. Controls can add one, and so can kiosk sandbox --demo.",
    key: (each) => each.uid,
    before: (a, b) => a.uid.localeCompare(b.uid, "en", { numeric: true }) < 0 || (a.uid !== b.uid && a.uid.localeCompare(b.uid, "en", { numeric: true }) === 0 && a.uid < b.uid),
    state: (each) => (each.bal > 0 ? "" : "spoilt"),
    words: (each) => [each.uid, each.name, each.phone, each.title, each.national_id, each.passport],
    draw: (each) => [
      el("span", { class: "mono" }, said(each.uid)),
      el("span", { class: "path strong" }, said(each.name)),
      el("span", { class: "quiet" }, said(each.title)),
      el("span", { class: "number" }, each.bal),
    ],
    detail: (each) => [
      el("h2", { class: "title" }, said(each.name)),
      facts([
        ["UID", each.uid],
        ["Telephone", each.phone],
        ["SMS credit", each.bal],
        ["SMS status", each.sms_status],
        ["Title", each.title],
        ["Gender", each.gender],
        ["National ID", each.national_id],
        ["Passport", each.passport],
      ]),
      el("h3", {}, "Scans"),
      scans(page.scansOf(each.uid), page),
    ],
  });
}

function scans(found, page) {
  if (!found.length) return el("p", { class: "none" }, "none yet");
  return el("ul", { class: "scans" }, found.slice(0, 50).map((each) => el("li", {}, direction(each), when(each, page), marks(each), said(each.device, { class: "quiet" }))));
}

export function attendance(page) {
  return new Board({
    name: "attendance",
    title: "Attendance",
    one: "scan",
    columns: ["Time", "Who and where", "Direction", ""],
    empty: "No scans yet. GET /api-single with a reference reports one.",
    key: (each) => each.n,
    before: (a, b) => a.n > b.n,
    words: (each) => [each.uid, page.memberName(each.uid), each.direction, each.device, each.reference, each.offline_mode ? "offline" : "", late(each) ? "late" : ""],
    draw: (each) => [
      el("span", { class: "when" }, when(each, page)),
      el("span", { class: "who" }, el("b", {}, said(page.memberName(each.uid) || each.uid)), said(each.device, { class: "quiet" })),
      el("span", {}, direction(each)),
      el("span", { class: "marks" }, marks(each)),
    ],
    detail: (each) => [
      el("h2", { class: "title" }, said(page.memberName(each.uid) || each.uid)),
      el("p", { class: "under" }, direction(each), when(each, page), marks(each)),
      facts([
        ["UID", each.uid],
        ["Device", each.device],
        ["Reference", each.reference],
        ["Time as it was sent", each.time],
        ["Arrived", moment(each.received, page.now())],
        ["Sent as", each.offline_mode ? "offline_mode: it was kept, and sent later" : "a live scan"],
        ["Came again", each.duplicates ? `${each.duplicates} times` : "never"],
        ["With other content", each.conflicts ? `${each.conflicts} times` : null],
      ]),
    ],
  });
}

const direction = (each) => el("span", { class: `chip ${each.direction === "in" ? "in" : "out"}` }, each.direction === "in" ? "→ in" : "← out");

function when(each, page) {
  const at = Date.parse(each.time) / 1000;
  return Number.isNaN(at) ? said(each.time) : moment(at, page.now());
}

/** How many seconds after the scan its report came; 0 where that is nothing to speak of. */
function late(each) {
  const behind = each.received - Date.parse(each.time) / 1000;
  return behind > LATE_S ? behind : 0;
}

function marks(each) {
  const behind = late(each);
  return [
    each.offline_mode ? el("span", { class: "chip" }, "offline") : null,
    behind ? el("span", { class: "chip late" }, `${span(behind)} late`) : null,
    each.duplicates ? el("span", { class: "chip" }, `+${each.duplicates} again`) : null,
  ];
}
