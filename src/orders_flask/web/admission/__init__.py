"""Admission: decides in the event loop which requests are read, wait for a thread, and are handled."""

from orders_flask.web.admission.middleware import AdmissionMiddleware as AdmissionMiddleware
