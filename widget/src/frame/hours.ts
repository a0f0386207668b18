// "Closed now, opens Tue 08:00 (Tue 14:00 your time)": the next change, on the clinic's clock and on the visitor's.
import type english from "words:front";
import { calendar } from "./times.ts";
import type { Card } from "./types.ts";

type Hours = Pick<Card, "locale" | "timezone" | "open" | "changes_at">;
type Promised = { promise?: string | null; promised_at?: string | null };

/** Whether it is open, and until when; "" where nobody says so, or it is over already. */
export function nextChange(card: Hours, words: typeof english, now = () => new Date()): string {
  const { open, changes_at } = card;
  if (open == null || !changes_at || Date.parse(changes_at) < now().getTime()) return "";
  return (open ? words.closes : words.opens).replace("{when}", () => onBothClocks(card, changes_at, words, now));
}

/** By when an answer is promised, where the clinic's own sentence does not say it, or says it on another clock than the visitor's. */
export function promised(card: Hours, { promise, promised_at }: Promised, words: typeof english, now = () => new Date()): string {
  if (!promised_at || Date.parse(promised_at) < now().getTime()) return "";
  const [theirs, mine] = clocks(card, promised_at, now);
  return promise && theirs === mine ? "" : words.promised.replace("{when}", () => onBothClocks(card, promised_at, words, now));
}

function onBothClocks(card: Hours, moment: string, words: typeof english, now: () => Date): string {
  const [theirs, mine] = clocks(card, moment, now);
  return theirs === mine ? theirs : `${theirs} (${words.yours.replace("{when}", () => mine)})`;
}

/** A moment as the clinic's clock shows it, and the visitor's. */
function clocks({ locale, timezone }: Hours, moment: string, now: () => Date): [string, string] {
  const on = (zone?: string) => calendar({ locale, timezone: zone }, now).until(new Date(moment));
  return [on(timezone), on()];
}
