// Sign carts as a cart service in JavaScript does it: over the text of JSON.stringify, in the order of the members.
// One snapshot a line in, the text that is sent out.
const { createHmac } = require("node:crypto");
const { createInterface } = require("node:readline");

createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  const { signature: _, ...snapshot } = JSON.parse(line);
  const signature = createHmac("sha256", process.argv[2]).update(JSON.stringify(snapshot)).digest("hex");
  process.stdout.write(JSON.stringify({ ...snapshot, signature }) + "\n");
});
