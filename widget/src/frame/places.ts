// Continue on another device: a code for it, where this conversation is open already, and its end for good. Fetched when she asks
// for it.
import type { Api } from "./api.ts";
import words from "words:places";
import { dress } from "./dress.ts";
import { h, write } from "./h.ts";
import css from "./places.css";
import { calendar } from "./times.ts";
import { phone } from "./parts.ts";
import type { State } from "./state.ts";
import type { Answer, Card } from "./types.ts";
import { filled, type Spoken, type Words } from "./words.ts";

type World = { card: Card; api: Api; core: Words; spoken: Spoken; state(): State; ended(): void };
type Place = { id: string; via: "open" | "ticket" | "link"; since: string; last_used_at: string; is_here: boolean };

dress(css);

export function show({ card, api, core, spoken, state, ended }: World) {
  Object.assign(words, spoken.places);
  const times = calendar(card);
  const problem = h("p", { role: "alert", class: "fault" });
  const code = h("div", { role: "status" });
  const asking = h("button", { type: "button", class: "send", click: ask, hidden: true }, words.show);
  const how = h("p");
  const list = h("ul", { class: "places", tabindex: -1 });
  const dialog: HTMLDialogElement = h("dialog", { "aria-label": core.devices, close: () => dialog.remove() },
    h("h2", { tabindex: -1, autofocus: true }, core.devices), how, asking, code,
    h("h3", {}, words.devices), list,
    h("details", {}, h("summary", {}, words.erase), h("p", {}, words.eraseSure),
      h("button", { type: "button", class: "plain", click: erase }, words.eraseYes)), problem,
    h("div", { class: "foot" },
      h("button", { type: "button", class: "plain", click: endAll }, words.everywhere),
      h("button", { type: "button", class: "plain", click: () => dialog.close() }, words.close)));

  async function ask() {
    const answer = await api.post("/v1/conversation/code", "{}");
    tell(answer);
    if (answer.status !== 201) return;
    const { code: digits, expires_at } = answer.body;
    code.replaceChildren(h("p", { class: "code", dir: "ltr" }, `${digits.slice(0, 3)} ${digits.slice(3)}`),
      h("p", {}, ...filled(words.code, { when: times.until(new Date(expires_at)) })));
  }

  async function look() {
    const answer = await api.call("GET", "/v1/conversation/sessions");
    tell(answer);
    if (answer.status === 200) offer(answer.body.by_mail), list.replaceChildren(...answer.body.items.map(drawn));
  }

  /** A code goes with a link from a mail: who gets none is told what to do instead. */
  function offer(byMail: boolean) {
    asking.hidden = !byMail;
    how.replaceChildren(...(byMail ? [words.how] : [...filled(words.none, { reference: h("bdi", {}, state().conversation!.reference) }), ...card.phones.flatMap((number) => [" ", phone(number)])]));
  }

  function drawn({ id, via, since, last_used_at, is_here }: Place) {
    const at = (sentence: string, when: string) => h("span", { class: "soft" }, ...filled(sentence, { when: times.since(new Date(when)) }));
    const way = h("span", { id: `place-${id}` }, words[via] ?? via);
    return h("li", {}, way, at(words.since, since), at(words.used, last_used_at), is_here ? h("strong", {}, words.here)
      : h("button", { type: "button", class: "plain", "aria-describedby": way.id, click: () => end(id) }, words.out));
  }

  async function end(id: string) {
    const answer = await api.call("DELETE", `/v1/conversation/sessions/${id}`);
    await look();
    if (answer.status !== 404) tell(answer); // it had ended by itself
    list.focus();
  }

  /** Here too. */
  async function endAll() {
    const answer = await api.call("DELETE", "/v1/conversation/sessions");
    tell(answer);
    if (answer.status === 204) dialog.close(), ended();
  }

  /** At the clinic too. What has to be kept is kept, and the service says why. */
  async function erase() {
    const answer = await api.post("/v1/conversation/erasure", "{}");
    tell(answer);
    if (answer.body?.erased) dialog.close(), ended();
    else if (answer.status === 200) write(problem, answer.body.detail);
  }

  function tell({ status, body }: Answer) {
    write(problem, status && status < 300 ? "" : body?.detail ?? core.offline);
  }

  document.body.append(dialog);
  dialog.showModal();
  return look();
}
