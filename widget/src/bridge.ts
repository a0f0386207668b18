// What may cross between the clinic's page and the frame: four words and one small number, never a visitor's.

const types = ["ready", "open", "close", "unread"] as const;
const most = 99; // the launcher's badge has room for two digits

/**
 * `ready` is the one window message, from the frame; it brings the port that all else goes through, both ways.
 * `open` with n = 1 also asks the frame to take the focus; `unread` counts the answers nobody has seen yet.
 */
export type Note = { securemsg: 1; type: (typeof types)[number]; n: number };

/** Makes the one shape that is ever sent. */
export function note(type: Note["type"], n = 0): Note {
  return { securemsg: 1, type, n };
}

/** Reads what came: a note of ours, its number clamped and whatever else stood in it dropped, or nothing. */
export function read(data: unknown): Note | undefined {
  const { securemsg, type, n } = Object(data);
  if (securemsg === 1 && types.includes(type)) return note(type, Math.min(most, Math.max(0, Number(n) || 0)) | 0);
}
