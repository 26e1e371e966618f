"""Settings of the external services of ``ostore``."""

from __future__ import annotations

from dataclasses import dataclass

from orders_flask.settings.validation import require_scheme, setting


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The Product Catalog Service and the Shipment Tracking Service."""

    catalog_service_url: str = setting(
        "CATALOG_SERVICE_URL", "", "`http://…`: the Product Catalog Service of `ostore`; by default the own catalogue"
    )
    shipment_service_url: str = setting(
        "SHIPMENT_SERVICE_URL",
        "",
        "`http://…`: the Shipment Tracking Service of `ostore`; by default ids are generated",
    )

    @property
    def services(self) -> bool:
        """Whether a remote catalog or shipment service is configured."""
        return bool(self.catalog_service_url or self.shipment_service_url)

    def _check_services(self) -> None:
        require_scheme("CATALOG_SERVICE_URL", self.catalog_service_url, "https", "http")
        require_scheme("SHIPMENT_SERVICE_URL", self.shipment_service_url, "https", "http")
