"""Contract of AnalyticsReader, on every adapter."""

import pytest

from orders_adapters.testing.analytics import AnalyticsReaderTests


@pytest.mark.clause("002-31")
class TestAnalyticsReader(AnalyticsReaderTests):
    pass
