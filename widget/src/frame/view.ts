// Draws the state: header, emergency card, questions or conversation, and the box below.
import { composer } from "./composer.ts";
import { questions } from "./form.ts";
import { h, write } from "./h.ts";
import { phone } from "./parts.ts";
import type { State } from "./state.ts";
import type { Talk } from "./talk.ts";
import type { Card, Field } from "./types.ts";
import type { Unsent } from "./unsent.ts";
import { filled, words } from "./words.ts";

export type Acts = {
  typed(field: Field, value: string): void;
  send(): void;
  anew(): void;
  /** What the clinic's plugins add draws itself. */
  draw(state: State): void;
  /** The running conversation's part, once it has been fetched. */
  talk(): Talk | null;
  unsent(): Unsent | undefined;
  places(): void;
};

export function view(card: Card, windowed: boolean, acts: Acts) {
  const box = composer(acts);
  const content = h("div", { class: "content" });
  const scroll = h("div", { class: "scroll" }, emergency(card), content);
  const banner = h("p", { class: "banner", role: "status" });
  const fullWindow = h("a", { href: `/frame/${card.clinic}?window=new&lang=${card.locale}`, target: "_blank", rel: "noopener", click: leave, hidden: windowed }, words.window);
  const end = h("button", { type: "button", click: () => acts.talk()?.askEnd() }, words.end);
  const devices = h("button", { type: "button", click: acts.places }, words.devices);
  const menu = h("details", { class: "menu", focusout: closeMenu }, h("summary", {}, words.options), h("div", {}, fullWindow, devices, end));
  const main = h("main", { input: typed }, scroll, box.element);
  let drawn: unknown;
  let left = NaN; // how far the conversation was scrolled; the window may have grown since
  let inner: Pick<Talk, "element" | "paint"> | ReturnType<typeof questions> | null = null;

  const { documentElement: page } = document;
  if (!windowed) page.className = "framed"; // where the page's own button to close lies above
  const color = `${card.theme?.color}`;
  if (/^#[\da-f]{6}$/i.test(color)) page.style.setProperty("--brand", color);
  document.body.replaceChildren(top(card, menu), banner, main);

  function typed({ target }: { target: HTMLInputElement }) {
    const { name, type, checked, value } = target;
    acts.typed(name as Field, type === "checkbox" && !checked ? "" : value);
  }

  /** Without a conversation it is a plain link; with one, the session goes along. */
  function leave(event: Event) {
    menu.open = false;
    const talk = acts.talk();
    if (talk) event.preventDefault(), talk.handOver();
  }

  function closeMenu({ relatedTarget }: FocusEvent) {
    if (!menu.contains(relatedTarget as Node)) menu.open = false;
  }

  /** What stands between the emergency card and the box. */
  function screen({ screen, problem }: State): (Node | string)[] {
    inner = screen === "form" ? questions(card) : acts.talk();
    if (screen === "form") return [about(card), inner!.element];
    if (screen === "ended") return [h("p", { role: "status" }, problem || words.ended), h("button", { class: "send", type: "button", click: acts.anew }, words.again)];
    return [inner?.element ?? h("p", { role: "status", class: "soft" }, words.loading)];
  }

  function paint(state: State) {
    end.hidden = devices.hidden = !state.conversation;
    menu.hidden = windowed && !state.conversation;
    write(banner, state.online ? "" : words.offline);
    const now = acts.talk() ?? state.screen;
    const fresh = now !== drawn && screen(state);
    // Who reads further up stays there; who is where the end was, or has just sent, sees what comes.
    if (fresh) left = NaN;
    const sees = fresh || state.sending === "sent" || follows();
    // Filled before it is put in place: a live region then does not read the whole past aloud.
    const grown = inner?.paint(state);
    if (fresh) content.replaceChildren(...fresh);
    drawn = now;
    document.body.className = state.screen;
    box.paint(state);
    acts.draw(state);
    if (!grown) return;
    left = sees ? 0 : Infinity;
    settle();
  }

  const follows = () => scroll.scrollTop + 80 > Math.min(left, scroll.scrollHeight - scroll.clientHeight);

  /** What is new stays in sight above what else can be started; whom to call, whatever is said by itself below it, until she writes again.
   *  So does what is being filled in, with the button that sends it. Again when something grew beside it, or the window has less room. */
  function settle() {
    if (follows()) {
      scroll.scrollTop = scroll.scrollHeight;
      const last = [...content.querySelectorAll(".mine,.answer")].pop();
      (last?.matches(".answer") ? last : content.querySelector(".log>:last-child"))?.scrollIntoView({ block: "nearest" });
      left = scroll.scrollTop;
    }
    document.activeElement?.closest("form,input,select")?.scrollIntoView({ block: "nearest" });
  }

  return {
    paint,
    content,
    box: box.element,
    focus: () => (box.element.hidden ? content : box.element).querySelector<HTMLElement>("[name]:not([hidden]), button")?.focus(),
    settle,
    /** To the first field that has a fault, in the order of the screen. */
    focusFault(errors: State["errors"]) {
      [...main.querySelectorAll<HTMLInputElement>("[name]")].find(({ name }) => errors[name as Field])?.focus();
    },
    /** Escape belongs to the innermost thing that is open; true when that was not the panel. */
    escape() {
      const was = menu.open || !!document.querySelector("dialog[open]");
      if (menu.open) menu.querySelector("summary")!.focus();
      menu.open = false;
      return was;
    },
  };
}

function top({ name, open, hours_text, locales }: Card, menu: HTMLElement) {
  const standing = open != null && h("span", { class: open ? "now" : "not-now" }, open ? words.open : words.shut);
  return h("header", {}, h("div", {}, h("h1", {}, h("bdi", {}, name)), h("p", { class: "hours soft" }, standing, standing && hours_text && " · ", h("bdi", { lang: locales[0] }, hours_text))), menu);
}

/** First on every screen, before anything can be typed. */
function emergency({ emergency, langs }: Card) {
  return emergency && h("section", { class: "emergency", "aria-labelledby": "emergency" },
    h("h2", { id: "emergency" }, ...filled(words.emergency, { number: phone(emergency.number) })), h("p", { class: "written" }, h("bdi", { lang: langs[emergency.text] }, emergency.text)));
}

function about({ promise, phones, address, doctors, locales, langs }: Card) {
  const details = [address, doctors?.join(", ")].filter(Boolean).join(" · ");
  return h("div", { class: "about" }, promise && h("p", { class: "promise" }, h("bdi", { lang: langs[promise] }, promise)),
    phones.length > 0 && h("p", {}, words.call, ...phones.flatMap((number) => [" ", phone(number)])),
    details && h("p", { class: "soft" }, h("bdi", { lang: locales[0] }, details)));
}
