// A press counts where it began: when the page moves under a pointer that holds still, the browser makes no click of it.

type Begun = { on: HTMLElement; does: string; x: number; y: number };

const still = 5; // pixels: a hand shakes; who draws the pointer further away has thought better of it

/** Presses what was pressed, where something that came above it or below it has moved it away before it was let go. */
export function startPresses(): void {
  let begun: Begun | undefined;
  addEventListener("pointerdown", ({ target, isPrimary, button, clientX: x, clientY: y }) => {
    const on = target instanceof Element && isPrimary && !button ? target.closest<HTMLElement>("button, summary") : null;
    begun = on ? { on, does: deed(on), x, y } : undefined;
  });
  addEventListener("pointerup", ({ target, clientX, clientY }) => {
    if (begun && !begun.on.contains(target as Node) && Math.hypot(clientX - begun.x, clientY - begun.y) < still) meant(begun)?.click();
    begun = undefined;
  });
  addEventListener("pointercancel", () => { begun = undefined; });
}

/** What was pressed or, where the page has brought it anew in between, the one button that does the same. */
function meant({ on, does }: Begun): HTMLElement | undefined {
  if (on.isConnected) return on;
  const [same, ...more] = [...document.querySelectorAll("button")].filter((each) => deed(each) === does);
  return more.length ? undefined : same;
}

/** Which it is, what it says, what it does and with what: the same for the same button of another rendering. */
function deed(on: HTMLElement): string {
  const { id, form, type, name, value, textContent } = on as HTMLButtonElement;
  return JSON.stringify([id, form?.getAttribute("action"), on.getAttribute("formaction"), type, name, value, textContent]);
}
