// The box. It keeps its text until the service has the message, and says where the message is.
import { fault, markFaults } from "./form.ts";
import { fill, h, write } from "./h.ts";
import { isHeld, type State } from "./state.ts";
import { words } from "./words.ts";

type Acts = {
  send(): void;
  /** What sends, once it has been fetched. */
  unsent(): { durable(): boolean; discard(): void } | undefined;
};

export function composer({ send, unsent }: Acts) {
  const box = h("textarea", { name: "text", id: "text", rows: 3, required: true });
  const button = h("button", { class: "send" }, words.send);
  const discard = h("button", { type: "button", class: "plain", click: () => unsent()?.discard() }, words.discard);
  const status = h("p", { role: "status", class: "soft" });
  const alert = h("p", { role: "alert", class: "fault" });
  // Without "off" browsers write what stands in the box to their session files, in plain text.
  const element = h("form", { class: "composer", novalidate: true, autocomplete: "off", submit: pressed, keydown: shortcut },
    h("label", { for: "text" }, words.text), box, fault("text"), alert, h("div", { class: "foot" }, status, discard, button));

  function pressed(event: Event) {
    event.preventDefault();
    send();
  }

  function shortcut(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) pressed(event);
  }

  function statusText({ sending, problem, online }: State) {
    if (sending === "sending") return problem || words.sending;
    if (sending === "sent") return words.sent;
    if (sending !== "waiting") return "";
    const why = problem || (online ? words.waiting : words.waitingOffline);
    return `${why} ${unsent()?.durable() ? words.waitingKept : words.waitingMemory}`;
  }

  return {
    element,
    paint(state: State) {
      const { draft, errors, sending, problem, screen } = state;
      fill(box, draft.text);
      box.dir = draft.text && "auto"; // an empty one begins where the page's language does
      box.readOnly = isHeld(state); // still focused, still readable, still selectable
      element.dataset.sending = sending;
      button.setAttribute("aria-disabled", `${sending === "sending"}`);
      write(button, sending === "waiting" ? words.now : sending === "failed" ? words.retry : words.send);
      const leaves = !(sending === "waiting" || (sending === "sending" && problem)) || !unsent();
      if (leaves && document.activeElement === discard) box.focus();
      discard.hidden = leaves;
      write(status, statusText(state));
      write(alert, sending !== "failed" ? "" : problem === "late" ? words.late : `${words.failed} ${problem}`);
      markFaults(element, errors);
      element.hidden = screen === "loading" || screen === "ended";
    },
  };
}
