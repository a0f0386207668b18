// The clinic's colour, and black or white on it: whichever can be read.

/** "#fff" or "#000" for text on `color` (#rrggbb), by relative luminance (WCAG 2.2); "" for anything else. */
export function onColor(color: string): string {
  if (!/^#[\da-f]{6}$/i.test(color)) return "";
  const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255)) as [number, number, number];
  // At 0.179 black and white contrast equally, at 4.58 : 1, so one of them always reaches 4.5 : 1.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}
