// Seals one value for one place: AES-GCM under a key that no script can read out, padded so that its length says little.

const version = 1;
const smallestBytes = 1024; // then twice, four times … as much
const nonceBytes = 12; // SP 800-38D; a key seals a message once, a draft at most as often as a key is pressed

export const newSealingKey = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);

/** Nonce and ciphertext in one. `place` says what the value belongs to: it opens there and nowhere else. */
export async function seal(key: CryptoKey, place: string[], value: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
  const sealed = await crypto.subtle.encrypt(how(nonce, place), key, padded(JSON.stringify(value)));
  return new Uint8Array([...nonce, ...new Uint8Array(sealed)]);
}

/** What was sealed; throws where it was changed, or was sealed for another place or by another version. */
export async function open(key: CryptoKey, place: string[], bytes: Uint8Array<ArrayBuffer>): Promise<any> {
  const opened = await crypto.subtle.decrypt(how(bytes.slice(0, nonceBytes), place), key, bytes.slice(nonceBytes));
  return JSON.parse(new TextDecoder().decode(opened));
}

/** As JSON, the parts of a place cannot run into one another. */
function how(iv: Uint8Array<ArrayBuffer>, place: string[]) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(JSON.stringify([version, ...place])) };
}

/** With blanks, which JSON does not mind at its end. */
function padded(text: string) {
  const bytes = new TextEncoder().encode(text);
  const room = new Uint8Array(smallestBytes * 2 ** Math.max(0, Math.ceil(Math.log2(bytes.length / smallestBytes)))).fill(32);
  room.set(bytes);
  return room;
}

/** An id that says nothing about what it was made from. */
export async function hashed(text: string): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

export const base64 = (bytes: Uint8Array) => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
export const unbase64 = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
