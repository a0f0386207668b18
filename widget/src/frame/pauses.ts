// How long to wait before the next try: growing, never more than half a minute, and never all frames at once.

const longestSeconds = 30;

/** Milliseconds before try number `tries` (0 for the first again); `random` is in [0, 1). */
export function pauseAfter(tries: number, random: number, retryAfterSeconds = 0): number {
  const seconds = Math.min(longestSeconds, 2 ** tries);
  // The jitter is downwards only, so the cap is a cap; what the service asks for is always waited out.
  return 1000 * Math.max(seconds * (0.5 + random / 2), retryAfterSeconds);
}
