// The style sheet of a part, which comes with its script.

/** A constructed sheet: the frame's policy has no room for any other. A browser without them shows it plain. */
export function dress(css: string) {
  if (!document.adoptedStyleSheets) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
