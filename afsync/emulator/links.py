"""Links to files on the media host, some of them signed and valid for an hour."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs, quote, urlencode

from msgspec import Struct

VALID_MS = 3_600_000


class Links(Struct, frozen=True):
    """`host` is scheme and authority of the media host; it is never the API's own."""

    host: str
    secret: str

    def video(self, job: str) -> str:
        """The produced video."""
        return f"{self.host}/media/{job}/video.mp4"

    def thumbnail(self, job: str) -> str:
        """The thumbnail of a produced video."""
        return f"{self.host}/media/{job}/thumbnail.png"

    def asset(self, key: str) -> str:
        """The link to an uploaded file."""
        return f"{self.host}/assets/{quote(key)}"

    def upload(self, key: str, content_type: str, now: int) -> str:
        """The signed link to which the bytes of an upload are sent."""
        return self.signed(f"{self.host}/uploads/{quote(key)}", now, content_type)

    def signed(self, url: str, now: int, content_type: str = "", valid_ms: int = VALID_MS) -> str:
        """The same link, valid for an hour, without a key."""
        expires = now + valid_ms
        signature = self._sign(url.removeprefix(self.host), expires, content_type)
        return f"{url}?{urlencode({'X-Expires': expires, 'X-Signature': signature})}"

    def verify(self, raw_path: str, query: str, now: int, content_type: str = "") -> str | None:
        """What is wrong with a signed link; None if nothing is."""
        values = parse_qs(query)
        expires = values.get("X-Expires", [""])[0]
        if not expires.isascii() or not expires.isdigit():
            return "AccessDenied"
        signature = self._sign(raw_path, int(expires), content_type)
        if not hmac.compare_digest(signature.encode(), values.get("X-Signature", [""])[0].encode()):
            return "SignatureDoesNotMatch"
        return "ExpiredToken" if now > int(expires) else None

    def _sign(self, raw_path: str, expires: int, content_type: str) -> str:
        text = f"{raw_path}\n{expires}\n{content_type}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
