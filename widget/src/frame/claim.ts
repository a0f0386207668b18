// One window at a time: what is claimed by one waits in all others of the same browser.

const here: Record<string, Promise<unknown>> = {};

/** Runs `act` while no other window does; where the browser has no locks, nothing else of this window. */
export async function claim<T>(name: string, act: () => Promise<T>): Promise<T> {
  let begun = false;
  const once = () => ((begun = true), act());
  try {
    return await navigator.locks.request(name, once);
  } catch (error) {
    if (begun) throw error;
    const turn = (here[name] ?? Promise.resolve()).then(act);
    here[name] = turn.catch(() => {});
    return turn;
  }
}

/** Claims it until the returned function is called, or this window is closed. */
export function hold(name: string): () => void {
  let letGo = () => {};
  const over = new Promise<void>((go) => { letGo = go; });
  claim(name, () => over);
  return letGo;
}

/** The names that some window has claimed. */
export async function claimed(): Promise<(string | undefined)[]> {
  const { held } = (await navigator.locks?.query().catch(() => null)) ?? {};
  return held?.map(({ name }) => name) ?? [];
}
