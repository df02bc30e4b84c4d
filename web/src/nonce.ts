/// 128 random bits as digits. crypto.randomUUID exists at encrypted addresses only, and the page may stand at others.
export function nonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
