// Executes operations of the documentation page as its reader would: by its buttons and its prefilled fields.

const patience = 60_000; // milliseconds

async function found(look, what) {
  for (const until = Date.now() + patience; Date.now() < until;) {
    const seen = look();
    if (seen) return seen;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`The page does not show ${what}.`);
}

/** Returns the status and the body that the page shows for the operation. */
async function execute(operationId, typed) {
  const block = await found(() => document.querySelector(`[id$="-${operationId}"].opblock`), operationId);
  block.querySelector(".opblock-summary-control").click();
  (await found(() => block.querySelector(".try-out__btn"), "Try it out")).click();
  for (const [name, value] of Object.entries(typed)) {
    const field = await found(() => block.querySelector(`tr[data-param-name="${name}"] input`), name);
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done, 500)); // Swagger UI takes what is typed after a delay
  }
  (await found(() => block.querySelector(".execute"), "Execute")).click();
  const shown = await found(
    () => block.querySelector(".live-responses-table tbody .response-col_status"), `a response of ${operationId}`);
  const status = parseInt(shown.textContent);
  const body = block.querySelector(".live-responses-table .highlight-code, .live-responses-table .microlight");
  block.querySelector(".opblock-summary-control").click();
  return { operationId, status, body: body?.textContent ?? "" };
}

async function signedIn(account) {
  const shown = `Requests are sent as ${account}.`;
  await found(() => document.querySelector("#demonstration")?.textContent.includes(shown), shown);
}
