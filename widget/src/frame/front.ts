// What the clinic's plugins say before anything is written: notices, when it opens or closes, what else can be started.
import words from "words:front";
import type { Around } from "./around.ts";
import { dress } from "./dress.ts";
import css from "./front.css";
import { goTo } from "./go.ts";
import { h, write } from "./h.ts";
import { text } from "./parts.ts";
import { isHeld, promiseIn, type State } from "./state.ts";
import { nextChange, promised } from "./hours.ts";
import type { Form, Notice, Offer } from "./types.ts";

const soonestMs = 300_000; // whatever the clock of this device says, the card is not fetched more often
const longestMs = 2 ** 31 - 1; // of a browser's timer

export function begin({ card, api, core, spoken, screen, state, fillIn, later }: Around) {
  Object.assign(words, spoken.front);
  dress(css);
  const notices = h("div", { class: "front" });
  const promise = h("p", { class: "promise", role: "status" });
  const offers = h("div", { class: "offers", role: "group", "aria-label": words.offers });
  let asked = 0;
  let cancel = () => {};
  screen.content.before(notices);
  show();
  wait();
  document.addEventListener("visibilitychange", () => { if (!document.hidden && isPast(card)) renew(); });

  function show() {
    notices.replaceChildren(...(card.notices ?? []).map(notice));
    offers.replaceChildren(...(card.offers ?? []).map(offer));
    if (card.open != null) stand(nextChange(card, words) || (card.open ? core.open : core.shut));
  }

  /** In place of "Open now" in the header. */
  function stand(said: string) {
    const line = document.querySelector<HTMLElement>(".hours")!;
    const standing = line.querySelector("span") ?? line.insertBefore(h("span"), line.firstChild);
    standing.className = card.open ? "now" : "not-now";
    write(standing, said);
  }

  function offer({ label, part }: Offer): HTMLElement {
    const offer = part.type === "form" ? h("button", { type: "button", dir: "auto", click: () => fillIn((part as Form).kind) }, label) : goTo(part, label);
    offer.className = "offer";
    return offer;
  }

  /** Looks again when the doors open or close; not all windows in the same moment. */
  function wait() {
    cancel();
    if (!card.changes_at) return;
    const ms = Math.max(Date.parse(card.changes_at) - Date.now(), asked ? soonestMs : 0) + 60_000 * Math.random();
    if (ms < longestMs) cancel = later(ms, renew);
  }

  async function renew() {
    if (Date.now() - asked >= soonestMs) await fetchCard();
    wait();
  }

  async function fetchCard() {
    asked = Date.now();
    const { status, body } = await api.call("GET", `/clinics/${card.clinic}.json`);
    if (status !== 200) return;
    const { open, changes_at, notices, offers, promise, promised_at } = body;
    Object.assign(card, { open, changes_at, notices, offers, promise, promised_at });
    for (const { id, promise, promised_at } of body.categories) Object.assign(card.categories.find((known) => known.id === id) ?? {}, { promise, promised_at });
    show();
    paint(state());
  }

  /** By when to expect an answer, said once: in the chosen category, and on both clocks where they differ. */
  function promises({ draft }: State) {
    const there = promiseIn(card, draft.category);
    const about = screen.content.querySelector(".about")!;
    if (promise.parentElement !== about) about.querySelector(".promise")?.remove(), about.prepend(promise);
    write(promise, promised(card, there, words) || there.promise || "");
    promise.lang = card.langs[promise.textContent!] ?? card.locale; // only the clinic's own words are in another language
  }

  /** The offers: before what is asked for a first message; below a conversation, where what is new is. */
  function paint(state: State) {
    const opening = state.screen === "form";
    if (opening) promises(state);
    const after = opening ? screen.content.querySelector(".about")! : screen.content;
    if (after.nextElementSibling !== offers) after.after(offers);
    offers.hidden = !offers.childElementCount || !!state.draft.form || isHeld(state) || !(opening || state.screen === "conversation");
    notices.hidden = !notices.textContent;
  }

  return { paint };
}

/** An urgent one and a closed door are more than a colour: each begins with a sign of its own. */
function notice({ text: said, tone }: Notice): HTMLElement {
  return h("p", { class: `notice ${/^(urgent|closed)$/.test(tone) ? tone : "info"}`, dir: "auto" }, h("span", {}, ...text(said)));
}

const isPast = ({ changes_at }: { changes_at?: string | null }) => !!changes_at && Date.parse(changes_at) < Date.now();
