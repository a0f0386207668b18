// The dialog before a session ends: how long it still lasts, and two ways to go on.
import { h, write } from "../frame/h.ts";
import { say } from "./words.ts";

/** When the session ends if nobody works, and when at the latest: microseconds of the service's clock. */
export type Ends = { idle: number; latest: number };

const words = {
  title: say("Are you still there?"),
  idle: say("Nobody has worked here for a while, so you will be signed out. What you have typed is kept."),
  latest: say("You signed in twelve hours ago, so you will be signed out. What you have typed is kept."),
  stay: say("Stay signed in"),
  understood: say("Go on for now"),
  out: say("Sign out now"),
  failed: say("The service did not answer. Please try again."),
  tab: `${say("Signing out soon")} · `,
};
// What a screen reader hears of the countdown, besides the dialog itself: a sentence now and then, never the seconds.
const aloud: [number, string][] = [[60, say("One minute left.")], [20, say("Twenty seconds left.")]];

/** `stay` keeps the session; Escape means that as well. */
export function warning(stay: () => void) {
  const why = h("p", { id: "ending-why" });
  const left = h("p", { class: "left", role: "timer" });
  const status = h("p", { class: "hidden", role: "status" });
  const problem = h("p", { class: "wrong", role: "alert" });
  const go = h("button", { class: "main", type: "button", click: goOn });
  const out = h("button", { type: "button", click: signOut }, words.out);
  const dialog: HTMLDialogElement = h("dialog", { class: "ending", role: "alertdialog", "aria-labelledby": "ending", "aria-describedby": "ending-why", cancel },
    h("h2", { id: "ending" }, words.title), why, left, status, problem, h("p", { class: "row" }, go, out));
  let final = false; // the session can be kept no longer
  let understood = false;

  function goOn(): void {
    write(problem, "");
    if (!final) return stay();
    understood = true;
    close();
  }

  function cancel(event: Event): void {
    event.preventDefault();
    goOn();
  }

  function close(): void {
    if (dialog.open) dialog.close(); // the focus goes back to where it was
    dialog.remove();
    if (document.title.startsWith(words.tab)) document.title = document.title.slice(words.tab.length);
  }

  function open(): void {
    document.body.append(dialog);
    dialog.showModal();
    go.focus();
  }

  return {
    isOpen: () => dialog.open,
    fail: () => write(problem, words.failed),

    /** Shows how long the session still lasts; without one that ends soon nothing is shown. */
    paint(ends: Ends | undefined, now: number): void {
      if (!ends) return (understood = false), close();
      final = ends.idle >= ends.latest;
      if (final && understood) return;
      const seconds = Math.max(0, Math.ceil((ends.idle - now) / 1_000_000));
      write(why, final ? words.latest : words.idle);
      write(go, final ? words.understood : words.stay);
      write(left, `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`);
      write(status, aloud.filter(([from]) => seconds <= from).at(-1)?.[1] ?? "");
      if (!document.title.startsWith(words.tab)) document.title = words.tab + document.title;
      if (!dialog.open) open();
    },
  };
}

function signOut(): void {
  document.querySelector<HTMLFormElement>("[data-sign-out]")?.requestSubmit();
}
