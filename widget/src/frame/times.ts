// Days and times as the visitor's language writes them and the clinic's clock shows them.
import type { Card } from "./types.ts";

const dayMs = 864e5;
const weekMs = 6 * dayMs; // later its name would mean another day

export function calendar({ locale, timezone: timeZone }: Pick<Card, "locale"> & Partial<Pick<Card, "timezone">>, now = () => new Date()) {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const clock = { hour: "numeric", minute: "2-digit" } as const;
  const time = format({ timeStyle: "short" });
  const date = format({ dateStyle: "full" });
  const weekday = format({ weekday: "short", ...clock });
  const moment = format({ day: "numeric", month: "short", ...clock });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  /** The day's number, on the clinic's calendar; Swedish writes days as ISO 8601 does. */
  const number = (at: Date) => Date.parse(at.toLocaleDateString("sv", { timeZone })) / dayMs;

  return {
    time: (at: Date) => time.format(at),
    /** "today", "yesterday", "Tuesday, 24 November 2026" */
    day(at: Date) {
      const daysAgo = number(now()) - number(at);
      return daysAgo === 0 || daysAgo === 1 ? relative.format(-daysAgo, "day") : date.format(at);
    },
    /** "Tue 10:02", and the date where it is longer ago. */
    since: (at: Date) => (now().getTime() - at.getTime() < weekMs ? weekday : moment).format(at),
    /** When something comes: "17:30" today, "Tue 08:00" within the week, else with its date. */
    until(at: Date) {
      const days = number(at) - number(now());
      return (days === 0 ? time : days < 7 ? weekday : moment).format(at);
    },
    /** The clinic's time zone by name, where it is another time there than here. */
    zone() {
      const at = now();
      if (at.toLocaleString("sv", { timeZone }) === at.toLocaleString("sv")) return "";
      return format({ timeZoneName: "long" }).formatToParts(at).find(({ type }) => type === "timeZoneName")!.value;
    },
  };
}
