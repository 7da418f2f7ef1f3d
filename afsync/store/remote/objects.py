"""Object stores (S3 and Azure), by obstore. Credentials come from the environment only, and so does another endpoint:
a pull request can change the files of a project, and must not be able to have a token sent elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import AzureStore, ObjectStore, S3Store

from afsync.core.state_place import ObjectPlace
from afsync.errors import StateError
from afsync.store.remote.backend import Conflict, StoredDocument, Unavailable, Unclear

T = TypeVar("T")

ENDPOINT = "AFSYNC_STATE_ENDPOINT"
CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a key that may read, write, delete and list there",
    "az": "set AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_SAS_TOKEN, of a key that may "
    "read, write, delete and list there",
}
TIMEOUTS = {"connect_timeout": "10s", "timeout": "30s"}
READS_AGAIN = {"max_retries": 3, "retry_timeout": timedelta(seconds=40)}
ONCE = {"max_retries": 0}
"""A write whose answer is lost must not be sent again without our knowledge."""
NO_KEY = ("NoSuchKey", "BlobNotFound")
NO_BUCKET = ("NoSuchBucket", "ContainerNotFound")
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~%/-]*)?")
_SENT_AS_IT_IS = re.compile(r"AZURE_\w*(SAS|TOKEN|SECRET|IDENTITY|MSI)\w*", re.IGNORECASE)
"""Variables with which the receiver of a request could act in our name; an account key only signs."""
AT_THE_SAME_TIME = ("ConditionalRequestConflict", "OperationAborted")


def object_backend(place: ObjectPlace, name: str, environ: Mapping[str, str]) -> Objects:
    """The backend for a key in an object store. StateError where it cannot be used at all."""
    endpoint = _checked(environ.get(ENDPOINT, "").strip())
    if place.scheme == "az":
        _check_azure(place, environ)
    return Objects(place, name, endpoint)


def _checked(endpoint: str) -> str:
    """The endpoint, empty or a URL that obstore can use: obstore itself checks it too late."""
    try:
        parts = urlsplit(endpoint)
        good = bool(parts.hostname) and parts.port != 0 and _ENDPOINT.fullmatch(endpoint)
    except ValueError:
        good = None
    if not endpoint or good:
        return endpoint
    text = f"{ENDPOINT} is not the URL of an object store"
    if not set("@?#") & set(endpoint):  # what may hold a password or a signature is not shown
        text += f": {endpoint[:100]!r}"
    raise StateError(f"{text}.", "write it like https://minio.example.com:9000, without a user, `?` or `#`")


def _check_azure(place: ObjectPlace, environ: Mapping[str, str]) -> None:
    """A signature or a token goes to the account as it is, and accounts are named by files that anyone may change."""
    sent = any(value and _SENT_AS_IT_IS.fullmatch(name) for name, value in environ.items())
    own = environ.get("AZURE_STORAGE_ACCOUNT_NAME")
    if sent and own != place.account:
        text = f"The credentials in the environment are not sent to the account {place.account}: "
        text += f"AZURE_STORAGE_ACCOUNT_NAME says {own}." if own else "AZURE_STORAGE_ACCOUNT_NAME does not name it."
        raise StateError(text, "set it to the account that they are for")


class Objects:
    """Keys of one bucket or container (`remote.backend`); a version is the ETag."""

    packed = True
    compares = False

    def __init__(self, place: ObjectPlace, name: str, endpoint: str) -> None:
        self.name = name
        self.key = place.key
        self._scheme = place.scheme
        self._bucket = place.bucket
        self._reading = _connect(place, endpoint, READS_AGAIN)
        self._writing = _connect(place, endpoint, ONCE)

    def get(self, key: str) -> StoredDocument | None:
        try:
            with _panic_as_error():
                found = obstore.get(self._reading, key)
                data, meta = bytes(found.bytes()), found.meta
        except FileNotFoundError as error:
            if _says(error, NO_KEY):
                return None
            raise self._unavailable(error) from None
        except Exception as error:
            raise self._unavailable(error) from None
        return StoredDocument(data, self._version(meta), _utc(meta["last_modified"]))

    def put(self, key: str, data: bytes, if_version: str | None) -> str:
        mode: Any = "create" if if_version is None else {"e_tag": if_version}
        try:
            with _panic_as_error():
                written = obstore.put(self._writing, key, data, mode=mode, use_multipart=False)
        except PreconditionError:
            raise Conflict from None
        except AlreadyExistsError as error:
            if if_version is None and not _says(error, AT_THE_SAME_TIME):
                raise Conflict from None
            raise Unclear(said(error)) from None
        except FileNotFoundError as error:
            if _says(error, NO_KEY):
                raise Conflict from None
            raise self._unavailable(error) from None
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise self._unavailable(error) from None
        except Exception as error:
            raise Unclear(said(error)) from None
        return self._version(written)

    def list(self, prefix: str) -> tuple[str, ...]:
        def names() -> tuple[str, ...]:
            found = obstore.list(self._reading, prefix).collect()
            return tuple(sorted(str(entry["path"]) for entry in found))

        return self._asked(names)

    def delete(self, key: str, if_version: str | None) -> None:
        """Not every store can compare on delete, so the version is read just before."""
        if if_version is not None:
            there = self.get(key)
            if there is None:
                return
            if there.version != if_version:
                raise Conflict
        try:
            with _panic_as_error():
                obstore.delete(self._writing, key)
        except FileNotFoundError:
            return
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise self._unavailable(error) from None
        except Exception as error:
            raise Unclear(said(error)) from None

    def now(self) -> datetime:
        """What the store writes down as the time of something that is written now."""
        key = f"{self.key}.clock-{os.urandom(8).hex()}"

        def time() -> datetime:
            obstore.put(self._writing, key, b"now\n", use_multipart=False)
            at = obstore.head(self._reading, key)["last_modified"]
            obstore.delete(self._writing, key)
            return _utc(at)

        return self._asked(time)

    def _asked(self, ask: Callable[[], T]) -> T:
        try:
            with _panic_as_error():
                return ask()
        except Exception as error:
            raise self._unavailable(error) from None

    def _version(self, meta: Any) -> str:
        tag = meta["e_tag"]
        if not tag:
            raise Unavailable(f"{self.name} does not name versions (ETag), so it cannot keep two runs apart.")
        return str(tag)

    def _unavailable(self, error: Exception) -> Unavailable:
        if _says(error, NO_BUCKET):
            what = "bucket" if self._scheme == "s3" else "container"
            hint = f"create it, or name another one in `state:`; afsync creates no {what}"
            return Unavailable(f"There is no {what} {self._bucket} for the state {self.name}.", hint)
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            return Unavailable(f"{self.name} refuses this key: {said(error)}.", CREDENTIALS[self._scheme])
        if isinstance(error, FileNotFoundError):
            hint = f"see whether {ENDPOINT} names an object store"
            return Unavailable(f"{self.name} answers as no object store does: {said(error)}.", hint)
        hint = f"run afsync again when it can be reached; {CREDENTIALS[self._scheme]}, if that is what is missing"
        return Unavailable(f"{self.name} cannot be reached: {said(error)}.", hint)


@contextmanager
def _panic_as_error() -> Iterator[None]:
    """A panic of Rust comes as a BaseException, of a class that cannot be imported."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise RuntimeError(f"obstore has failed: {error}") from None


def _connect(place: ObjectPlace, endpoint: str, retry: Mapping[str, Any]) -> ObjectStore:
    """What is not said here, obstore takes from the environment."""
    options: dict[str, Any] = {
        "client_options": {**TIMEOUTS, "allow_http": endpoint.startswith("http://")},
        "retry_config": dict(retry),
    }
    if endpoint:
        options["endpoint"] = endpoint
    try:
        with _panic_as_error():
            if place.scheme == "az":
                return AzureStore(place.bucket, account_name=place.account, **options)
            if place.region:
                options["region"] = place.region
            return S3Store(place.bucket, **options)
    except Exception as error:
        raise StateError(f"The object store cannot be used: {said(error)}.", CREDENTIALS[place.scheme]) from None


def _says(error: Exception, codes: tuple[str, ...]) -> bool:
    return any(code in str(error) for code in codes)


def said(error: Exception) -> str:
    """What an error says, in one line, without what it was asked: a URL may hold a signature."""
    text = re.split(r"\n\s*\n", str(error))[0]
    text = text.rpartition(" - ")[2] if "Error performing" in text else text
    text = re.sub(r"https?://\S+", "…", " ".join(text.split()))
    code, message = re.search(r"<Code>(.*?)</Code>", text), re.search(r"<Message>(.*?)</Message>", text)
    if code:
        text = f"{text.partition('<')[0].rstrip(': ')}: {code[1]}{f', {message[1]}' if message else ''}"
    return text[:300].rstrip(". ")


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
