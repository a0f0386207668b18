// One window of a browser holds the stream; what it hears the others hear from it.
import { claim } from "./claim.ts";
import type { Signal } from "./stream.ts";

/** Where the browser has no channel, or no locks, each window listens for itself. `name` says whose stream it is. */
export function share(name: string, overhear: (signal: Signal) => void) {
  const channel = opened(name);
  if (channel) channel.onmessage = ({ data }) => overhear(data);
  return {
    lead: (act: () => Promise<void>) => (channel ? claim(name, act) : act()),
    tell: (signal: Signal) => channel?.postMessage(signal),
    close: () => channel?.close(),
  };
}

/** Older browsers have none; one that keeps nothing for another site's frame refuses it, as it refuses storage. */
function opened(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
