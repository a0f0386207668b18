// The session's token and what was written here, in this tab; where the browser keeps nothing for the frame, for as long as it stands.

/** `wrote`: the moment of the message that was written in this tab and waits. */
type Kept = "token" | "wrote";

export function remember(clinic: string) {
  const memory = new Map<string, string>();
  const keyOf = (name: Kept) => `securemsg:${clinic}:${name}`;

  /** Storage throws where third parties may keep nothing; then the memory has to do. */
  function storage<T>(use: (storage: Storage) => T): T | undefined {
    try {
      return use(sessionStorage);
    } catch {
      return undefined;
    }
  }

  return {
    /** False once the browser has refused to keep something. */
    durable: true,

    get(name: Kept): string | null {
      return memory.get(name) ?? storage((kept) => kept.getItem(keyOf(name))) ?? null;
    },

    /** Only called when the visitor sends: nothing is stored before she acts. */
    set(name: Kept, value: string) {
      this.durable = !!storage((kept) => (kept.setItem(keyOf(name), value), true));
      if (!this.durable) memory.set(name, value);
    },

    drop(name: Kept) {
      memory.delete(name);
      storage((kept) => kept.removeItem(keyOf(name)));
    },
  };
}

export type Memory = ReturnType<typeof remember>;
