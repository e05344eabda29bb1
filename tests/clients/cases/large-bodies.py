# Client: plain HTTP
# Tried: a client that writes all of a body that is too large before it reads, as most libraries do, hears why it was refused
import json
import select
import socket
from urllib.parse import urlparse

from lib import HUB, check, end

place = urlparse(HUB)
for path, kind, size in (("/reconcile", "application/x-www-form-urlencoded", 24 << 20), ("/graphql", "application/json", 16 << 20)):
    with socket.create_connection((place.hostname, place.port), timeout=30) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAccept-Language: en\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())
        sent = 0
        try:
            # Until the hub has made up its mind, then the rest.
            while sent < size and not select.select([line], [], [], 0)[0]:
                sent += line.send(b"x" * min(65536, size - sent))
            line.sendall(b"x" * (size - sent))
            answer = b"".join(iter(lambda: line.recv(65536), b""))
            status, body = answer.split(b" ")[1], answer.split(b"\r\n\r\n", 1)[1]
            check(f"{path}: refused with the reason", status == b"413" and b"bytes" in body or b"MB" in body, body[:200])
        except OSError as closed:
            check(f"{path}: refused with the reason", False, f"{closed} after {sent} of {size} bytes")
end()
