// Who opened a message, and when: on the clinic's clock, in the visitor's language.
import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { openedBy } from "../src/frame/openings.ts";
import { calendar } from "../src/frame/times.ts";

const halifax = "America/Halifax"; // four hours behind UTC in November
const noon = () => new Date("2026-11-27T12:00:00Z"); // a Friday
const at = (upto_seq: number, role: string | null, moment = "2026-11-24T14:02:00Z") => ({ upto_seq, role, at: moment });
const plain = (text?: string) => text?.replaceAll(",", ""); // releases of ICU disagree about commas in dates
const said = (openings: ReturnType<typeof at>[], seq: number) => plain(openedBy(openings, seq, calendar({ locale: "en-GB", timezone: halifax }, noon).since));

test("the usual titles have sentences of their own, whatever their case", () => {
  equal(said([at(1, "Nurse")], 1), "Opened by a nurse Tue 10:02");
  equal(said([at(1, "front Desk")], 1), "Opened by the front desk Tue 10:02");
});
test("another title stands as it is, and apart", () => equal(said([at(1, "Dr $& ممرضة")], 1), "Opened by: \u2068Dr $& ممرضة\u2069 Tue 10:02"));
test("without a title it was the clinic; a title is no name of a word", () => {
  equal(said([at(1, null)], 1), "Opened by the clinic Tue 10:02");
  match(said([at(1, "constructor")], 1)!, /^Opened by: .constructor. /);
});
test("a message was opened by the first who came so far", () => {
  const openings = [at(2, "Nurse"), at(5, "Doctor")];
  deepEqual([1, 2, 3, 5, 6].map((seq) => said(openings, seq)?.split(" Tue")[0]), ["Opened by a nurse", "Opened by a nurse", "Opened by a doctor", "Opened by a doctor", undefined]);
});
test("longer ago than a week has names for its days, the date is said", () => equal(said([at(1, "Nurse", "2026-11-02T14:02:00Z")], 1), "Opened by a nurse 2 Nov 10:02"));

test("days are the clinic's: what is Wednesday already in London is still Tuesday there", () => {
  const { day, time } = calendar({ locale: "en-GB", timezone: halifax }, () => new Date("2026-11-25T02:00:00Z"));
  deepEqual([day(new Date("2026-11-25T01:30:00Z")), day(new Date("2026-11-24T03:30:00Z")), time(new Date("2026-11-25T01:30:00Z"))], ["today", "yesterday", "21:30"]);
  equal(plain(day(new Date("2026-11-22T15:00:00Z"))), "Sunday 22 November 2026");
  equal(plain(day(new Date("2026-11-26T15:00:00Z"))), "Thursday 26 November 2026"); // a clock that is wrong makes no "tomorrow"
});
test("each language writes its own", () => {
  const { day } = calendar({ locale: "de", timezone: halifax }, noon);
  deepEqual([day(noon()), day(new Date("2026-11-26T12:00:00Z"))], ["heute", "gestern"]);
});
test("the time zone is named where the clocks differ, and only there", () => {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  equal(calendar({ locale: "en", timezone: here }, noon).zone(), "");
  equal(calendar({ locale: "en", timezone: here === "Asia/Kathmandu" ? halifax : "Asia/Kathmandu" }, noon).zone(), here === "Asia/Kathmandu" ? "Atlantic Standard Time" : "Nepal Time");
});
