// The seconds in which a reply can be taken back, counted down; and its text put back into the box.
import { takeVersion } from "./drafts.ts";
import { together } from "./kept.ts";
import { refreshPane } from "./live.ts";
import { serverTime } from "./waiting.ts";
import { say } from "./words.ts";

const second = 1_000_000; // microseconds, as everywhere in the service
let looked = 0; // when the page was last fetched because a reply should have gone out

export function startUndo(): void {
  setInterval(count, 250);
}

/** "8 s" while there is time; then the page is fetched, until it says that the reply has gone out. */
function count(): void {
  const bar = document.querySelector<HTMLElement>("[data-due]");
  const place = bar?.querySelector("[data-left]");
  if (!bar || !place) return;
  const left = Math.ceil((Number(bar.dataset.due) - serverTime()) / second);
  const text = left > 0 ? say("{count} s", { count: left }) : "";
  if (place.textContent !== text) place.textContent = text;
  if (left < -1 && performance.now() > looked + 2_000) { looked = performance.now(); refreshPane(); }
}

/** The words of a reply that waits. */
export function waitingWords(): string {
  return document.querySelector(".entry.pending .words")?.textContent ?? "";
}

/** After Undo: the words come before what was begun since, unless the box holds them still, as after an answer that was lost. */
export function giveBack(words: string, page: Document): void {
  const box = document.querySelector<HTMLTextAreaElement>("#f-reply");
  if (!box) return;
  takeVersion(page);
  box.value = together(words, box.value);
  box.form?.querySelector("[data-failure]")?.remove();
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}
