// Has a worker solve what the service asks for when there is a lot going on; fetched when it does.
import type { Challenge } from "./posting.ts";

declare const SOLVER: string; // the address of the worker's script, which the build fills in

const address = String(new URL(SOLVER, import.meta.url));
// The only policy that the frame's headers name; whatever it is asked for, it gives this one address.
const policy = (globalThis as any).trustedTypes?.createPolicy("securemsg-solver", { createScriptURL: () => address });

/** `<challenge>.<number>`, or null when it was stopped or this browser cannot. */
export function prove({ challenge, bits }: Challenge, stop: AbortSignal): Promise<string | null> {
  const worker = new Worker(policy?.createScriptURL("") ?? address);
  return new Promise<string | null>((done) => {
    worker.onmessage = ({ data }) => done(`${challenge}.${data}`);
    worker.onerror = () => done(null);
    stop.addEventListener("abort", () => done(null));
    if (stop.aborted) done(null);
    worker.postMessage([challenge, bits]);
  }).finally(() => worker.terminate());
}
