// The safety notice, before a message is sent: when the clinic's own list matches, a card says whom to call. It never keeps a
// message from being sent: she decides, and where the list has not come there is none.
import type { Around } from "./around.ts";
import { dress } from "./dress.ts";
import { goTo } from "./go.ts";
import css from "./guard.css";
import { h } from "./h.ts";
import type { matches, Words } from "./safety.ts";
import { isHeld, type State } from "./state.ts";
import type { Draft, Part } from "./types.ts";

// The address of the part that knows the words; the build fills it in.
declare const SAFETY: string;

/** What she reads before the message goes, in her language: one thing to do, parts, and what the button that sends says. */
type Card = { heading: string; parts: Part[]; send: string };
/** What the clinic's address for it gives; `cards` by the names that `matches` returns. */
type List = Omit<Words, "cards"> & { cards: { [name: string]: Card } };

export type Guard = ReturnType<typeof begin>;

export function begin({ card, screen, send, fetchPart }: Around) {
  dress(css);
  const place = h("div", { class: "guard" });
  let find: typeof matches | undefined;
  let list: List | undefined;
  let shownFor = ""; // the words that the card stands for
  let decided = ""; // the words that she wants to send, having seen it
  let called = false;
  screen.box.before(place);
  fetchList().catch(() => {});

  async function fetchList() {
    const part: { matches: typeof matches } = await fetchPart(SAFETY);
    const answer = await fetch(card.safety!);
    if (answer.ok) [find, list] = [part.matches, await answer.json()];
  }

  function asked(said: string) {
    const name = list && find?.(list, said);
    if (!name) return undefined;
    if (decided === said) return called ? "called" : "sent";
    if (shownFor !== said) called = false;
    shownFor = said;
    show(list!.cards[name]!);
    return "shown";
  }

  function show({ heading, parts, send: label }: Card) {
    const calls = parts.filter(({ type }) => type === "link");
    const said = parts.filter(({ type }) => type !== "link");
    const title = h("h2", { id: "safety" }, h("span", { class: "soft" }, list!.name), " ", h("bdi", {}, heading));
    const dialog = h("section", { role: "alertdialog", "aria-labelledby": "safety", "aria-describedby": "safety-text", tabindex: -1, keydown: escape, click: dialled },
      title, h("div", { id: "safety-text" }, ...said.map((part) => h("p", { dir: "auto" }, part.text))),
      h("div", { class: "foot" }, ...calls.map((part) => goTo(part)), h("button", { type: "button", class: "plain", click: go }, label)));
    place.replaceChildren(dialog);
    dialog.focus();
    dialog.scrollIntoView({ block: "nearest" });
  }

  function hide() {
    shownFor = "";
    place.replaceChildren();
  }

  function go() {
    decided = shownFor;
    screen.focus(); // the button goes with the card
    send();
  }

  function dialled({ target }: Event) {
    called ||= !!(target as Element).closest("a");
  }

  function escape(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    hide();
    screen.focus();
  }

  return {
    /** "shown" when she has to decide first; "sent" or "called" when she has; nothing when the list has nothing to say. */
    look(draft: Draft): "shown" | "sent" | "called" | undefined {
      try {
        return asked(wordsOf(draft));
      } catch {
        return undefined; // a list that is broken stops nobody
      }
    },

    /** Words that are changed, or sent, are other words: the card goes. */
    paint(state: State) {
      if (state.sending === "sent") decided = "";
      if (shownFor && (isHeld(state) || wordsOf(state.draft) !== shownFor)) hide();
    },
  };
}

/** All that was written, in the box or in the form. */
function wordsOf(draft: Draft): string {
  return draft.form ? Object.entries(draft).filter(([name]) => name.startsWith("data-")).map(([, value]) => value).join("\n") : draft.text;
}
