// Counts what the widget's script listens to on the window and the document, and does not take back.
window.heard = new Set();
const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
const placeOf = (target, kind) => {
  if (!/widget\.js/.test(Error().stack)) return null;
  return target === window ? `window ${kind}` : target === document ? `document ${kind}` : null;
};
EventTarget.prototype.addEventListener = function (kind, act, how) {
  const place = placeOf(this ?? window, kind);
  if (place) heard.add(place);
  if (place) how?.signal?.addEventListener("abort", () => heard.delete(place));
  return add.call(this ?? window, kind, act, how);
};
EventTarget.prototype.removeEventListener = function (kind, act, how) {
  heard.delete(placeOf(this ?? window, kind));
  return remove.call(this ?? window, kind, act, how);
};
