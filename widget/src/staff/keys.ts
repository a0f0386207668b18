// Single keys for the whole work at the desk; never while somebody types, and only as long as they are on (WCAG 2.2, 2.1.4).

const memory = "securemsg-keys";
const typing = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog[open] *";

/** j k o u r n e s ?: each does what a link or a button of the page does, too. */
export function startKeys(): void {
  const dialog = document.getElementById("keys");
  if (!(dialog instanceof HTMLDialogElement)) return;
  const on = dialog.querySelector<HTMLInputElement>("#keys-on")!;
  on.checked = remembered();
  on.addEventListener("change", () => remember(on.checked));
  addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-keys]") : null;
    if (button?.dataset.keys === "close") dialog.close();
    else if (button) dialog.showModal();
  });
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!on.checked || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
    if (target instanceof Element && target.matches(typing)) return;
    if (key === "?") dialog.showModal();
    else if (!acts[named(event)]?.()) return;
    event.preventDefault();
  });
}

/** The letter on the key; where the keyboard writes another script, the one that stands in its place. */
function named({ key, code }: KeyboardEvent): string {
  return key > "~" && code.startsWith("Key") ? code.slice(3).toLowerCase() : key;
}

/** What each key does; false when there is nothing to do it with. */
const acts: Record<string, () => boolean> = {
  j: () => move(1),
  k: () => move(-1),
  o: () => press(focused()),
  u: () => (isShown("#list") ? goTo(current() ?? links()[0]) : press(document.querySelector(".back"))),
  r: () => goTo(document.querySelector("#f-reply")),
  n: () => unfold("#noting", "#f-note"),
  e: () => unfold("#close", "#f-reason"),
  s: () => press(document.querySelector("[data-seek]")),
};

const links = () => (isShown("#list") ? [...document.querySelectorAll<HTMLElement>("[data-queue] tbody th a")] : []);
const focused = () => links().find((link) => link === document.activeElement);
const current = () => links().find((link) => link.matches("[aria-current]"));
const isShown = (place: string) => !!document.querySelector(place)?.getClientRects().length;

/** The focus goes along the list; nothing is opened by that, since whoever opens a conversation is recorded. */
function move(by: number): boolean {
  const all = links();
  const at = all.indexOf((focused() ?? current())!);
  return goTo(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
}

function unfold(details: string, field: string): boolean {
  const place = document.querySelector<HTMLDetailsElement>(details);
  if (place) place.open = true;
  return goTo(document.querySelector(field));
}

function goTo(place: HTMLElement | null | undefined): boolean {
  place?.focus();
  place?.scrollIntoView({ block: "nearest" });
  return !!place;
}

function press(place: HTMLElement | null | undefined): boolean {
  place?.click();
  return !!place;
}

// A browser may refuse storage: then the keys are on, and off until the next page at most.
function remembered(): boolean {
  try { return localStorage.getItem(memory) !== "off"; } catch { return true; }
}
function remember(on: boolean): void {
  try { localStorage.setItem(memory, on ? "on" : "off"); } catch { /* not remembered */ }
}
