// The transcript: grows at its end, and is never drawn again, so that a screen reader reads each message once.
import words from "words:log";
import type { Api } from "./api.ts";
import { dress } from "./dress.ts";
import css from "./log.css";
import { h, write } from "./h.ts";
import { text } from "./parts.ts";
import type { State } from "./state.ts";
import { openedBy } from "./openings.ts";
import { save } from "./saved.ts";
import { calendar } from "./times.ts";
import type { Card, Message } from "./types.ts";
import { filled, type Spoken } from "./words.ts";

// Characters that turn the direction of what follows could make a name read as another one.
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

export function transcript(card: Pick<Card, "name" | "locale" | "timezone">, sent: string, spoken: Spoken) {
  Object.assign(words, spoken.log);
  dress(css);
  const { time, day, since, zone } = calendar(card);
  const element = h("div", { class: "log", role: "log", "aria-label": words.log, tabindex: 0 });
  const drawn = new Map<number, { row: HTMLElement; mark?: HTMLElement }>();
  const elsewhere = zone();
  const note = elsewhere && h("p", { class: "soft" }, ...filled(words.zone, { zone: elsewhere }));
  let lastDay = "";

  function draw(message: Message) {
    const at = new Date(message.received_at);
    const mine = message.author.kind === "visitor";
    const mark = mine ? h("span") : undefined;
    const event = happening(message);
    const row = event
      ? h("p", { class: "event" }, ...event)
      : h("article", { class: mine ? "mine" : "theirs" },
          h("p", { class: mine ? "hidden" : "who" }, mine ? words.you : h("bdi", {}, message.author.kind === "plugin" && !message.author.name ? words.automatic : who(message.author))),
          h("div", { class: "bubble", dir: "auto" }, ...content(message)),
          h("p", { class: "when", "aria-live": "off" }, h("time", { datetime: message.received_at }, time(at)), mark));
    place(message.seq, row, day(at));
    drawn.set(message.seq, { row, mark });
  }

  /** Almost always at the end; an answer that an own message overtook goes where it belongs. */
  function place(seq: number, row: HTMLElement, day: string) {
    const later = Math.min(...[...drawn.keys()].filter((other) => other > seq));
    const before = drawn.get(later)?.row ?? null;
    if (!before && day !== lastDay) element.append(h("p", { class: "day" }, (lastDay = day)));
    element.insertBefore(row, before);
  }

  return {
    element,
    rows: drawn,
    /** Said once, above: whose clock the times are, where the visitor's shows another one. */
    note,
    save: (api: Pick<Api, "call">, reference: string) =>
      save(api, reference, [card.name, reference, note && note.innerText, element.innerText], words.receipts),
    /** Draws what is new; true when something was. */
    paint({ messages, openings }: State): boolean {
      const before = drawn.size;
      for (const message of messages) if (!drawn.has(message.seq)) draw(message);
      for (const [seq, { mark }] of drawn) if (mark) write(mark, ` · ${openedBy(openings, seq, since) ?? sent}`);
      return drawn.size > before;
    },
    /** Its words are gone: nothing is read aloud for that, and who reads further down, or has the focus there, stays where she is. */
    empty({ seq }: Message) {
      const row = drawn.get(seq)?.row;
      const scroll = row?.closest(".scroll");
      if (!row || !scroll) return;
      const { offsetHeight } = row;
      const { scrollTop } = scroll;
      const bubble = row.querySelector(".bubble") ?? row;
      if (row.matches(":focus-within")) element.focus({ preventScroll: true });
      bubble.ariaLive = "off";
      bubble.replaceChildren(h("em", {}, words.removed));
      if (row.offsetTop < scrollTop) scroll.scrollTop = scrollTop + row.offsetHeight - offsetHeight;
    },
  };
}

/** A message's content, whatever its kind. */
export function content({ kind, data, verified }: Pick<Message, "kind" | "data" | "verified">): (Node | string)[] {
  if (!verified || !data) return [h("em", {}, words.unverified)];
  if (kind === "removed") return [h("em", {}, words.removed)];
  return data.text == null ? [h("em", {}, words.unknown)] : text(data.text);
}

/** The line for something that happened, or undefined for what somebody said. */
export function happening({ kind, data, author }: Pick<Message, "kind" | "data" | "author">): (Node | string)[] | "" | undefined {
  const event = kind.split("system.")[1] as "claimed" | "closed" | "reopened" | undefined;
  return event && words[event] && filled(words[event], { name: h("bdi", {}, who(data?.name ? data : author)) });
}

/** "Ana Ruiz, Nurse", as far as it is known. */
export function who({ name, role }: { name?: string | null; role?: string | null }): string {
  return [name, role].filter(Boolean).join(", ").replace(turning, "") || words.staff;
}
