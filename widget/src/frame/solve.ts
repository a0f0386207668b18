// Proof of work: SHA-256 (FIPS 180-4) in plain arithmetic, since a million calls of the browser's own take a minute.

const primes: number[] = []; // the first 64
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
const fraction = (value: number) => (value % 1) * 2 ** 32 | 0;
const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))); // 4.2.2
const initial = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))); // 5.3.3
const schedule = new Int32Array(64);

/** Works one block of 64 bytes, from `at` on, into the eight words of `state` (6.2.2). */
function compress(state: Int32Array, block: DataView, at: number) {
  for (let t = 0; t < 16; t++) schedule[t] = block.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t++) {
    const x = schedule[t - 15]!, y = schedule[t - 2]!;
    const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
    const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
    schedule[t] = schedule[t - 16]! + s0 + schedule[t - 7]! + s1 | 0;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const S1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = h + S1 + (e & f ^ ~e & g) + constants[t]! + schedule[t]! | 0;
    const S0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = S0 + (a & b ^ a & c ^ b & c) | 0;
    h = g, g = f, f = e, e = d + t1 | 0, d = c, c = b, b = a, a = t1 + t2 | 0;
  }
  state[0]! += a, state[1]! += b, state[2]! += c, state[3]! += d, state[4]! += e, state[5]! += f, state[6]! += g, state[7]! += h;
}

/** The eight words of SHA-256 for texts that begin alike: the blocks that they share are worked in once. */
export function hasher(prefix: string) {
  const bytes = new TextEncoder().encode(prefix);
  const whole = bytes.length & ~63;
  const start = initial.slice();
  for (let at = 0; at < whole; at += 64) compress(start, new DataView(bytes.buffer), at);
  const room = new Uint8Array(128);
  const view = new DataView(room.buffer);
  const state = new Int32Array(8);
  const used = bytes.length - whole;
  room.set(bytes.subarray(whole));

  return (end: string): Int32Array => {
    let length = used;
    for (let i = 0; i < end.length; i++) room[length++] = end.charCodeAt(i); // digits, so one byte each
    const size = length < 56 ? 64 : 128;
    room.fill(0, length, size)[length] = 0x80;
    view.setUint32(size - 4, (whole + length) * 8);
    state.set(start);
    for (let at = 0; at < size; at += 64) compress(state, view, at);
    return state;
  };
}

/** The first number n (0, 1, 2 …) for which SHA-256 of `<challenge>.<n>` begins with so many zero bits, at most 32. */
export function solve(challenge: string, bits: number): number {
  const hash = hasher(`${challenge}.`);
  for (let n = 0; ; n++) if (Math.clz32(hash(`${n}`)[0]!) >= bits) return n;
}
