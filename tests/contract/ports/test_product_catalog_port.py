"""Contract of ProductCatalog, on every adapter."""

from orders_adapters.testing.catalog.product_catalog import ProductCatalogTests


class TestProductCatalog(ProductCatalogTests):
    pass
