// Writes down for how long the widget's script kept the page from answering, and when the box first had the focus.
window.blocked = 0;
new PerformanceObserver((list) => {
  for (const script of list.getEntries().flatMap(({ scripts }) => scripts)) {
    if (/widget\.js/.test(script.sourceURL)) blocked += Math.max(0, script.duration - 50); // a task is long beyond 50 ms
  }
}).observe({ type: "long-animation-frame", buffered: true });
addEventListener("focusin", ({ target }) => {
  if (target.id === "text") window.reached ??= performance.timeOrigin + performance.now();
});
