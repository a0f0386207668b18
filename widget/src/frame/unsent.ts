// A message from "Send" until the service has it: fetched when she starts to write, or when something waits.
import words from "words:unsent";
import type { Api } from "./api.ts";
import { ask } from "./ask.ts";
import type { keep } from "./keep.ts";
import { outbox, type Fate } from "./outbox.ts";
import { posting, type World as Posting } from "./posting.ts";
import { isHeld, type Event, type State } from "./state.ts";
import type { Memory } from "./storage.ts";
import type { Card, Draft, Item } from "./types.ts";
import type { Spoken, Words } from "./words.ts";

export type World = {
  card: Card;
  api: Api;
  memory: Memory;
  core: Words;
  spoken: Spoken;
  state(): State;
  happen(event: Event): void;
  accepted(answer: any): void;
  keep: typeof keep;
  prove: Posting["prove"];
  later(ms: number, act: () => void): () => void;
};

export type Unsent = ReturnType<typeof unsent>;

export function unsent({ card, api, memory, core, spoken, state, happen, accepted, keep, prove, later }: World) {
  Object.assign(words, spoken.unsent);
  const kept = keep(card.clinic);
  const { safe, drafts } = kept;
  const out = outbox({
    keep: kept, tell: fated, later, random: Math.random, now: Date.now,
    fits: (item) => isOurs(item) && safe.isHers(item) && hasRoom(item),
    post: posting({ card, api, memory, prove, later, busy: () => happen({ type: "sending", problem: words.proving }), excuse }),
  });

  const isOurs = ({ conversation }: Item) => conversation === (state().conversation?.id ?? "");

  /** It is shown as it was sent: the box must not hold other words, and no form be open. */
  function hasRoom(item: Item): boolean {
    const { screen, draft: { text, form } } = state();
    return (screen === "form" || screen === "conversation") && !isHeld(state()) && !form && (!text || text === item.draft.text);
  }

  function excuse() {
    return `${words.crowded} ${card.phones[0] ?? ""}`;
  }

  function fated(fate: Fate) {
    if (fate.type === "found") {
      show(fate.item.draft);
      happen({ type: "waiting", choice: fate.item.choice });
    } else if (fate.type === "gone") clear();
    else if (fate.type === "accepted") accepted(fate.answer), older();
    else happen(fate);
    if (fate.type === "failed") drafts.keep(state().draft);
  }

  /** Brings back what was typed before; while a message is on its way from the box, once that is over. */
  const older = () => drafts.recall(() => !isHeld(state()) && state().draft, show);

  const show = (draft: Draft) => happen({ type: "draft", draft });
  const clear = () => (happen({ type: "emptied" }), older());
  const when = ({ at }: Item) => new Date(at).toLocaleString(card.locale, { dateStyle: "medium", timeStyle: "short" });

  /** Left behind, and perhaps by somebody else: only who wrote it gets to see it. Where it opens a conversation it goes as it is. */
  async function offer(item: Item) {
    const whole = isOurs(item) && hasRoom(item);
    const yes = whole ? words.foundSend : words.foundMine;
    const mine = await ask(words.foundTitle, words.foundText.replace("{when}", when(item)), core.discard, yes);
    if (mine && whole) return safe.adopt(item);
    if (mine) {
      const text = [state().draft.text, item.choice?.label ?? item.draft.text].filter(Boolean).join("\n\n");
      show({ ...item.draft, text });
      drafts.keep(state().draft);
    }
    if (mine !== undefined) await safe.drop(item);
  }

  /** An opening whose answer was lost stands in the conversation already. */
  function hasArrived({ body }: Item): boolean {
    const sent = Object.entries(JSON.parse(body).data);
    return state().messages.some(({ seq, data }) => seq === 1 && sent.every(([name, value]) => (data as any)?.[name] === value));
  }

  return {
    durable: safe.durable,
    wake: out.wake,
    keep: drafts.keep,

    /** What was typed before, and the session that a waiting message was written in. */
    async recall() {
      await older();
      for (const { token } of await safe.all(tellExpired)) if (token && !memory.get("token")) memory.set("token", token);
    },

    /** Once it is known whose conversation this is, if any's: sends what belongs to it, asks about the rest. */
    async settle() {
      for (const item of await kept.orphans()) {
        const unclear = state().conversation && !state().syncedSeq; // not known yet what has arrived
        if ((isOurs(item) && safe.isHers(item)) || unclear) continue;
        if (!item.conversation && hasArrived(item)) await safe.drop(item);
        else await offer(item);
      }
      out.wake();
    },

    async add(item: Item) {
      await out.add(item);
      if (!item.choice) drafts.forget();
    },

    async discard() {
      if (!(await ask(words.sureTitle, words.sureText, words.back, core.discard)) || !isHeld(state())) return;
      await out.drop();
      clear();
    },

    /** The conversation is over in this window; what is typed and was not sent stays in the tab. `all`: on this device. */
    async end(all: boolean) {
      await out.drop();
      await older();
      await drafts.keep(state().draft);
      if (all && !state().draft.text) await safe.forget();
    },
  };

  function tellExpired(item: Item) {
    happen({ type: "failed", problem: words.expired.replace("{when}", when(item)) });
  }
}
