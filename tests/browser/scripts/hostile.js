// The worst that a clinic's page may hold: it was there first, patched everything, and writes down all that it can reach.
"use strict";
const stolen = []; // [what, words]
const passed = { up: [], down: [], ports: 0 }; // all that crossed the bridge, as the page saw it
const take = (what, ...words) => stolen.push([what, words.map(plain).join(" ")]);

function plain(value) {
  if (value instanceof Node) return value.outerHTML ?? value.textContent;
  try { return typeof value === "object" ? JSON.stringify(value) : String(value); } catch { return String(value); }
}

function patch(owner, name, spy) {
  const real = owner[name];
  owner[name] = function (...words) { spy(this, words); return new.target ? Reflect.construct(real, words) : real.apply(this, words); };
  owner[name].prototype = real.prototype;
}

for (const name of ["keydown", "keypress", "keyup", "beforeinput", "input", "change", "paste", "copy", "submit", "compositionend",
  "focusin", "click", "pointerdown", "message", "storage", "hashchange", "popstate", "securitypolicyviolation"]) {
  addEventListener(name, (event) => take(`heard ${name}`, event.key, event.data, event.newValue, event.target?.value), true);
}
addEventListener("message", ({ data, ports }) => { passed.up.push(data); passed.ports += ports.length; }, true);
patch(EventTarget.prototype, "addEventListener", (target, [name]) => take("listens", name));
patch(Element.prototype, "attachShadow", (element, [options]) => { options.mode = "open"; take("shadow", element); });
patch(window, "fetch", (_, words) => take("fetch", ...words));
patch(XMLHttpRequest.prototype, "open", (_, words) => take("open", ...words));
patch(XMLHttpRequest.prototype, "send", (_, words) => take("send", ...words));
patch(window, "WebSocket", (_, words) => take("socket", ...words));
patch(window, "EventSource", (_, words) => take("events", ...words));
patch(window, "postMessage", (_, words) => take("post", ...words));
patch(navigator, "sendBeacon", (_, words) => take("beacon", ...words));
patch(Storage.prototype, "setItem", (_, words) => take("store", ...words));
patch(history, "pushState", (_, words) => take("history", ...words));
patch(MessagePort.prototype, "postMessage", (_, [data]) => { passed.down.push(data); take("port", data); });
const heard = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
Object.defineProperty(MessagePort.prototype, "onmessage", { ...heard, set(hear) {
  heard.set.call(this, (event) => { passed.up.push(event.data); take("port heard", event.data); hear.call(this, event); });
} });

/** What lies about: called by the test at the end, and by itself now and then. */
async function rummage() {
  take("cookie", document.cookie);
  take("stored", { ...localStorage }, { ...sessionStorage });
  take("databases", await indexedDB.databases());
  take("page", document.documentElement, location.href, document.title, window.name);
  for (const entry of performance.getEntries()) take("asked", entry.name);
  const roots = [...document.querySelectorAll("*")].map((element) => element.shadowRoot).filter(Boolean);
  for (const frame of [document, ...roots].flatMap((root) => [...root.querySelectorAll("iframe")])) {
    for (const reach of [(f) => f.contentDocument?.body, (f) => f.contentWindow.document.body, (f) => f.contentWindow.location.href,
      (f) => f.contentWindow.name, (f) => f.contentWindow.localStorage, (f) => f.contentWindow.card]) {
      try { take("frame", reach(frame)); } catch (error) { take("refused", error.name); }
    }
    for (const root of roots) take("root", root.innerHTML);
  }
}
setInterval(rummage, 500);
addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => changes.forEach(({ target }) => take("changed", target)))
  .observe(document, { subtree: true, childList: true, characterData: true, attributes: true }));
