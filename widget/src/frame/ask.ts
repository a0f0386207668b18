// Asks before something is done that cannot be undone; Escape, and closing it, are no answer.
import { h } from "./h.ts";

/** True for `yes`, false for `no`, undefined for neither; no answer has the focus, and it goes back to where it was. */
export function ask(title: string, text: string, no: string, yes: string): Promise<boolean | undefined> {
  return new Promise((done) => {
    const answer = (value: boolean) => () => { done(value); dialog.close(); };
    const closed = () => { done(undefined); dialog.remove(); };
    const dialog: HTMLDialogElement = h("dialog", { "aria-label": title, tabindex: -1, close: closed },
      h("h2", {}, title), h("p", {}, text),
      h("div", { class: "foot" },
        h("button", { type: "button", class: "plain", click: answer(false) }, no),
        h("button", { type: "button", class: "send", click: answer(true) }, yes)));
    document.body.append(dialog);
    dialog.showModal();
    dialog.focus();
  });
}
