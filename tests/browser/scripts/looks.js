// How a page stands on the screen. Functions for tests; each is called by its name, with one argument.

/** What has the focus in this document, or null when a frame in it, or another one, has it. */
function focused() {
  const root = document.activeElement;
  const element = root?.shadowRoot?.activeElement ?? root;
  return !document.hasFocus() || !element || element === document.body || element.localName === "iframe" ? null : element;
}

/** How many of 25 points of a control (of its part in the window) hit the control, a part of it, or its label. */
function seen(element) {
  const labels = [...element.labels ?? []];
  const root = element.getRootNode();
  const steps = [.02, .25, .5, .75, .98];
  const hits = ({ left, right, top, bottom }) => {
    const [x0, x1, y0, y1] = [Math.max(0, left), Math.min(innerWidth, right), Math.max(0, top), Math.min(innerHeight, bottom)];
    if (x0 >= x1 || y0 >= y1) return [];
    return steps.flatMap((x) => steps.map((y) => root.elementFromPoint(x0 + (x1 - x0) * x, y0 + (y1 - y0) * y)));
  };
  return [element, ...labels].flatMap((each) => [...each.getClientRects()].flatMap(hits))
    .filter((hit) => hit && (element.contains(hit) || labels.some((label) => label.contains(hit)))).length;
}

/** Whether the focus is drawn: by the element, by what is drawn over it, or by what stands for it. */
function outlined(element) {
  const drawn = ({ outlineStyle, outlineWidth }) => outlineStyle === "auto" || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2);
  const places = [[element], [element, "::after"], [element.nextElementSibling]].filter(([place]) => place);
  return places.some((place) => drawn(getComputedStyle(...place)));
}

function nameOf(element) {
  return `${element.localName}#${element.id} ${(element.ariaLabel ?? element.textContent).trim().slice(0, 40)}`;
}

/** Name, width and height of all that can be pressed, labels included; what stands in a sentence is as high as its line. */
function targets() {
  const all = document.querySelectorAll("a[href], button, input, select, textarea, summary");
  const pressed = [...all].filter((element) => element.type !== "hidden" && !element.disabled
    && element.checkVisibility({ visibilityProperty: true }) && getComputedStyle(element).display !== "inline");
  return pressed.map((element) => {
    const boxes = [element, ...element.labels ?? []].map((each) => each.getBoundingClientRect()).filter(({ height }) => height > 1);
    const largest = (side) => Math.max(0, ...boxes.map((box) => box[side]));
    return [nameOf(element), largest("width"), largest("height")];
  });
}

/** How far the page scrolls sideways, and what is wider than the box that it stands in. */
function cutOff() {
  const { scrollWidth, clientWidth } = document.scrollingElement;
  const scrolls = "pre, code, textarea, select, input, option, svg *, .tabs, .hidden, .skip, thead, thead *, iframe";
  const cut = [...document.querySelectorAll("body *")].filter((element) => {
    const { overflowX, display } = getComputedStyle(element);
    return element.checkVisibility() && !element.matches(scrolls) && display !== "inline" && !/auto|scroll/.test(overflowX)
      && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
  });
  return [scrollWidth - clientWidth, cut.map((element) => `${element.localName}.${element.className} ${element.scrollWidth} > ${element.clientWidth}`)];
}

/** The contrast (WCAG 2.2) of an element's text on a ground, as the browser paints both. */
function contrast([element, ground]) {
  const pixel = (color) => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const light = (color) => {
    const [red, green, blue] = pixel(color).map((part) => (part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4));
    return .2126 * red + .7152 * green + .0722 * blue + .05;
  };
  const both = [getComputedStyle(document.querySelector(element)).color, getComputedStyle(document.querySelector(ground)).backgroundColor].map(light);
  return Math.max(...both) / Math.min(...both);
}

/** Width, style and difference from its ground, of an element's edge. */
function edge(element) {
  const { borderTopWidth, borderTopStyle, borderTopColor, backgroundColor } = getComputedStyle(element);
  return [parseFloat(borderTopWidth), borderTopStyle, borderTopColor !== backgroundColor];
}

/** The first box around an element that would cut it off at the end of a sheet of paper. */
function clippedBy(element) {
  for (let box = element; box; box = box.parentElement) {
    if (box.scrollHeight > box.clientHeight + 1 && getComputedStyle(box).overflowY !== "visible") return box.className || box.localName;
  }
  return null;
}
