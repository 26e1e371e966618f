"""Every port in plain Python: for tests of services that embed the domain, and for a first look without any server.

Thread-safe; copies in and out. What one process's memory cannot promise: it forgets all when the process ends, other
processes do not see it, and a page of a list costs more the more orders there are.
"""
