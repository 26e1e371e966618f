"""Ephemeral nginx in front of a service."""

import http.client
import os
import shutil
from collections.abc import Sequence

from tests.support.servers.discovery import Unavailable
from tests.support.servers.ephemeral.server import HOST, Throwaway

PUBLISHED = "listen 443 ssl;"
"""The line of the documentation's configurations that a test replaces, because it has no certificate."""
CONFIGURATION = """
daemon off;
pid nginx.pid;
error_log error.log;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {blocks}
}}
"""


class ThrowawayNginx(Throwaway):
    """nginx whose server has these `location` blocks, or nginx with blocks as the documentation publishes them."""

    def __init__(self, locations: str = "", *, blocks: str | None = None) -> None:
        super().__init__()
        self._blocks = f"server {{ {PUBLISHED} {locations} }}" if blocks is None else blocks

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def prepare(self) -> None:
        self._program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if self._program is None:
            raise Unavailable("nginx is not installed")
        text = CONFIGURATION.format(
            blocks=self._blocks.replace(PUBLISHED, f"listen {HOST}:{self.port};"),
            user="user root;" if os.geteuid() == 0 else "",  # its folder is readable by its owner only
        )
        (self.directory / "nginx.conf").write_text(text)

    def command(self) -> Sequence[str]:
        return [str(self._program), "-p", str(self.directory), "-c", "nginx.conf", "-e", "error.log"]

    def version(self) -> str:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/no-location")
            return str(connection.getresponse().getheader("Server"))
        except OSError as error:
            raise Unavailable(f"nginx does not answer: {error}") from error
        finally:
            connection.close()
