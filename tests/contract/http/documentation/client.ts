// Calls of the service by openapi-fetch, with the types that openapi-typescript generates from the OpenAPI document.
// Arguments: the address, the token of ann, the token of an administrator, and a signed cart of ann. Prints the number
// of calls.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./orders.js";

type Cart = components["schemas"]["CheckoutOrderCreate"]["cartSnapshot"];

const [url, annToken, adminToken, signed] = process.argv.slice(2) as [string, string, string, string];
const cart: Cart = JSON.parse(signed);
const authorized = (token: string) =>
  createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });
const ann = authorized(annToken);
const admin = authorized(adminToken);
let calls = 0;

interface Answer<T, E> {
  data?: T;
  error?: E;
  response: Response;
}

async function expect<T, E>(status: number, call: Promise<Answer<T, E>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  calls += 1;
  assert.equal(response.status, status, `call ${calls}: ${JSON.stringify(error ?? data)}`);
  assert.ok(data);
  return data;
}

async function refused<T, E>(status: number, call: Promise<Answer<T, E>>): Promise<NonNullable<E>> {
  const { data, error, response } = await call;
  calls += 1;
  assert.equal(response.status, status, `call ${calls}: ${JSON.stringify(data ?? error)}`);
  assert.ok(error);
  return error;
}

// A placement answers with the order, or with a job if the client prefers to poll; "in" tells which of them it is.
const unknown = "00000000-0000-4000-8000-000000000000";
const key = (value: string) => ({ header: { "Idempotency-Key": value } });
const order = { items: [{ sku: "TEA-1", quantity: 2, unit_price: 37.5 }], total_price: 75 };

const placed = await expect(201, ann.POST("/orders/", { params: key("order"), body: order }));
assert.ok("items" in placed);
assert.deepEqual(await expect(201, ann.POST("/orders/", { params: key("order"), body: order })), placed);
const byId = (id: string) => ({ params: { path: { order_ref: id } } });
assert.deepEqual(await expect(200, ann.GET("/orders/{order_ref}", byId(placed.id))), placed);
assert.equal((await refused(404, ann.GET("/orders/{order_ref}", byId(unknown)))).status, 404);
const paid = await expect(200, ann.PATCH("/orders/{order_ref}", { ...byId(placed.id), body: { status: "PAID" } }));
assert.equal(paid.status, "PAID");
const own = await expect(200, ann.GET("/orders/user/{user_id}", { params: { path: { user_id: "ann" } } }));
assert.equal(own[0]?.id, placed.id);

const body = { name: "Lamp", price: 12.5, stock_quantity: 5 };
const lamp = await expect(201, admin.POST("/api/v1/products/", { body }));
const ref = (value: number) => ({ params: { path: { ref: String(value) } } });
await expect(200, admin.POST("/api/v1/products/{ref}/restock", { ...ref(lamp.product_id), body: { quantity: 5 } }));
assert.equal((await expect(200, ann.GET("/api/v1/products/{ref}", ref(lamp.product_id)))).stock_quantity, 10);

const lamps = (quantity: number) => ({
  shipping_address_line1: "1 Main Street",
  shipping_city: "Springfield",
  shipping_state: "IL",
  shipping_postal_code: "62701",
  shipping_country: "US",
  order_items: [{ product_id: lamp.product_id, quantity }],
});
const bought = await expect(200, ann.POST("/api/v1/orders/", { body: lamps(2) }));
assert.ok("order_id" in bought);
const short = await refused(400, ann.POST("/api/v1/orders/", { body: lamps(99) }));
assert.ok(typeof short.detail === "object" && "message" in short.detail);
assert.equal(short.detail.message, "Some products have insufficient stock");
const status = { status: "shipped" } as const;
await expect(200, admin.PUT("/api/v1/orders/{ref}/status", { ...ref(bought.order_id), body: status }));
assert.equal((await expect(200, admin.GET("/api/v1/orders/{ref}/history", ref(bought.order_id)))).length, 2);
const found = await expect(200, admin.GET("/api/v1/orders/", { params: { query: { user_id: "ann" } } }));
assert.ok(found.some((one) => one.order_id === bought.order_id));

const cartKey = { params: key("cart") };
const created = await expect(201, ann.POST("/api/orders/", { ...cartKey, body: { cartSnapshot: cart } }));
assert.ok("orderId" in created);
const checkedOut = await expect(200, ann.GET("/api/orders/{order_ref}", byId(created.orderId)));
assert.deepEqual(checkedOut.cartSnapshot, cart);
const reason = { reason: "late" };
await expect(200, admin.POST("/api/orders/{order_ref}/cancel", { ...byId(created.orderId), body: reason }));
const tampered = { ...cart, cartVersion: cart.cartVersion + 1 };
await refused(422, ann.POST("/api/orders/", { params: key("tampered"), body: { cartSnapshot: tampered } }));

const page = await expect(200, admin.GET("/v1/orders/", { params: { query: { limit: 2 } } }));
assert.equal(page.data.length, 2);
await expect(200, admin.GET("/v1/events", { params: { query: { limit: 1 } } }));
await refused(401, createClient<paths>({ baseUrl: url }).GET("/v1/orders/", {}));

console.log(calls);
