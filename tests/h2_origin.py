"""A real HTTP/2 origin over TLS for tests; every request gets the same answer."""

import socket
import ssl
import threading
from pathlib import Path

import h2.config
import h2.connection
import h2.events


class H2Origin:
    """Bound at once, serving from `start` on, when there is a certificate."""

    def __init__(self, fields: list[tuple[str, str]], body: bytes = b"ok") -> None:
        self.fields, self.body = fields, body
        self.requests: list[list[tuple[bytes, bytes]]] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def start(self, certificate: Path) -> None:
        """Serve with this PEM file of key and certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.set_alpn_protocols(["h2"])
        threading.Thread(target=self._serve, args=(context,), daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self, context: ssl.SSLContext) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(context, plain), daemon=True).start()

    def _talk(self, context: ssl.SSLContext, plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as connection:
            http = h2.connection.H2Connection(
                h2.config.H2Configuration(client_side=False, header_encoding=None)
            )
            http.initiate_connection()
            connection.sendall(http.data_to_send())
            while received := connection.recv(65536):
                for event in http.receive_data(received):
                    if isinstance(event, h2.events.RequestReceived):
                        self.requests.append(list(event.headers))
                        http.send_headers(event.stream_id, [(":status", "200"), *self.fields])
                        http.send_data(event.stream_id, self.body, end_stream=True)
                connection.sendall(http.data_to_send())
