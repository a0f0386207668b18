// Writes down for how long the page could not answer, and when the box had the focus for the first time.
window.blocked = 0;
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) blocked += duration - 50; // a task is long beyond 50 ms
}).observe({ type: "longtask", buffered: true });
addEventListener("focusin", ({ target }) => {
  if (target.id === "text") window.reached ??= performance.timeOrigin + performance.now();
});
