// Sign carts: one JSON snapshot a line in, the same with its signature out.
//
//     CART_SNAPSHOT_SECRET=... node sign_cart.mjs < carts.jsonl
//
// Needs the package canonicalize. Where CART_SNAPSHOT_SECRET is a list, the first secret signs.

import { createHmac } from "node:crypto";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import canonicalize from "canonicalize";

// The snapshot with its signature, hexadecimal HMAC-SHA256 over the canonical JSON of all else.
export function signCart(snapshot, secret) {
  const { signature: _, ...rest } = snapshot;
  const digest = createHmac("sha256", secret).update(canonicalize(rest), "utf8").digest("hex");
  return { ...rest, signature: digest };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const newest = process.env.CART_SNAPSHOT_SECRET.split(",")[0].trim();
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    process.stdout.write(JSON.stringify(signCart(JSON.parse(line), newest)) + "\n");
  }
}
