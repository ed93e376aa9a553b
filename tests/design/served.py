"""Pages made from templates, and the static files beside them, on a real address for a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path

from django.conf import settings

from trackmycrime.config.middleware import POLICY
from trackmycrime.design.assets import FOLDER


@contextmanager
def served(pages: dict[str, str]) -> Iterator[str]:
    """Serve `pages` (path → HTML) under our content security policy; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.startswith(settings.STATIC_URL):
                file = FOLDER / path.removeprefix(settings.STATIC_URL)
                body, kind = (file.read_bytes(), guess_type(str(file))[0]) if file.is_file() else (b"", None)
            else:
                body, kind = pages.get(path, "").encode(), "text/html; charset=utf-8"
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind or "application/octet-stream")
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()


AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
