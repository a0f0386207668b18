// Brings what the frame does not need at first, each part once, and tries for as long as it takes.
import { pauseAfter } from "./pauses.ts";

/** `stuck` hears of every try that the network failed. */
export function fetching(later: (ms: number, act: () => void) => () => void, stuck: () => void) {
  const parts: Record<string, Promise<any>> = {};

  /** Where the network fails it, another address is another try: browsers remember an address that failed. */
  async function fetched(address: string, tries = 0): Promise<any> {
    const part = await import(tries ? `${address}?${tries}` : address).catch(() => null);
    if (part) return part;
    stuck();
    await new Promise((go) => {
      later(pauseAfter(tries, Math.random()), () => go(0));
      addEventListener("online", go, { once: true });
    });
    return fetched(address, tries + 1);
  }

  return (address: string) => (parts[address] ??= fetched(address));
}
