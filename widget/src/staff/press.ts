// A press counts where it began: when the page moves under a pointer that holds still, the browser makes no click of it.

const still = 5; // pixels: a hand shakes; who draws the pointer further away has thought better of it

/** Presses what was pressed, where something that came above it or below it has moved it away before it was let go. */
export function startPresses(): void {
  let begun: { on: HTMLElement; x: number; y: number } | undefined;
  addEventListener("pointerdown", ({ target, isPrimary, button, clientX: x, clientY: y }) => {
    const on = target instanceof Element && isPrimary && !button ? target.closest<HTMLElement>("button, summary") : null;
    begun = on ? { on, x, y } : undefined;
  });
  addEventListener("pointerup", ({ target, clientX, clientY }) => {
    if (begun && !begun.on.contains(target as Node) && Math.hypot(clientX - begun.x, clientY - begun.y) < still) begun.on.click();
    begun = undefined;
  });
  addEventListener("pointercancel", () => { begun = undefined; });
}
