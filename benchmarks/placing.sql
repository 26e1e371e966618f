-- One order of products in one statement: what the tables cost without any program around it.
-- Parameters: user, product ids, quantities.
WITH requested AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[]) WITH ORDINALITY AS r (product_id, quantity, ordinal)
), locked AS (
  SELECT id, sku, price_minor, stock_quantity FROM products WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id FOR NO KEY UPDATE
), lines AS (
  SELECT ordinal - 1 AS position, product_id, sku, quantity, price_minor, quantity * price_minor AS subtotal
  FROM requested JOIN locked ON id = product_id WHERE stock_quantity >= quantity
), total AS (
  SELECT sum(subtotal)::bigint AS minor, json_agg(json_build_array(product_id, quantity, price_minor) ORDER BY position) AS lines,
    string_agg(concat_ws(' ', replace(lower(sku), '-', ''), replace(lower(sku), '-', ' ')), ' ') AS skus
  FROM lines HAVING count(*) = cardinality(%(ids)s::bigint[])
), new AS (
  SELECT gen_random_uuid() AS id, nextval('order_numbers') AS number, now() AS at, minor, lines, skus,
    json_build_object('origin', 'management', 'user_id', %(user)s::text, 'items', '[]'::json, 'lines', lines, 'currency', 'USD',
      'total_minor', minor, 'address', json_build_object('line1', '123 Main St', 'city', 'New York', 'country', 'USA')) AS details
  FROM total
), placed AS (
  INSERT INTO orders (id, number, user_id, items, lines, total_minor, currency, status, version, created_at, updated_at,
    shipping_address_line1, shipping_city, shipping_state, shipping_postal_code, shipping_country, origin)
  SELECT id, number, %(user)s::text, '[]', lines, minor, 'USD', 'PENDING', 1, at, at, '123 Main St', 'New York', 'NY', '10001',
    'USA', 'management' FROM new RETURNING number, total_minor, created_at
), deducted AS (
  UPDATE products p SET stock_quantity = p.stock_quantity - l.quantity, version = p.version + 1
  FROM lines l, new WHERE p.id = l.product_id
), items AS (
  INSERT INTO order_items (order_id, position, product_id, quantity, unit_price_minor, subtotal_minor, placed_at)
  SELECT new.id, position, product_id, quantity, price_minor, subtotal, at FROM new, lines
), movements AS (
  INSERT INTO stock_movements (product_id, order_id, kind, quantity, actor, at)
  SELECT product_id, new.id, 'deducted', -quantity, %(user)s::text, at FROM new, lines
), history AS (
  INSERT INTO order_history (order_id, version, kind, at, actor, role, to_status, details)
  SELECT id, 1, 'placed', at, %(user)s::text, 'customer', 'PENDING', details FROM new
), events AS (
  INSERT INTO outbox (event_id, order_id, version, type, at, data, shard, state, attempts, due_at)
  SELECT gen_random_uuid(), id, 1, 'orders.order_placed.v1', at, details, mod(number, 16), 'waiting', 0, at FROM new
), words AS (
  INSERT INTO order_words (order_id, words) SELECT id, concat_ws(' ', '10001 new york', number, skus)::tsvector FROM new
)
SELECT number, total_minor, created_at FROM placed
