"""HTTP clients of the Product Catalog Service and the Shipment Tracking Service (source 003)."""
