"""Which certificates are believed, and what a TLS connection that failed says.

Where nothing is named, the system's own store counts, as for a browser: so an authority that a
company installed on its machines needs no setting.
"""

from __future__ import annotations

import os
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import truststore

from taiga_notes.errors import ConfigError
from taiga_notes.system import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PEM = b"-----BEGIN"
# OpenSSL's X509_V_ERR_… (x509_vfy.h).
_EXPIRED, _NOT_YET = 10, 9
_SELF_SIGNED, _SELF_SIGNED_CHAIN = 18, 19
_NO_ISSUER = frozenset((2, 20, 21, 27))
_WRONG_NAME = frozenset((62, 63, 64))
_WEAK = frozenset((66, 67, 68))
_OLD_TLS = frozenset(
    (
        *("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"),
        *("VERSION_TOO_LOW", "SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_CIPHERS_AVAILABLE"),
        *("DH_KEY_TOO_SMALL", "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED", "BAD_SIGNATURE"),
        *("UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "TLSV1_ALERT_INSUFFICIENT_SECURITY"),
    )
)
_NO_TLS = frozenset(
    (
        *("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"),
        *("RECORD_LAYER_FAILURE", "RECORD_TOO_SMALL", "BAD_PROTOCOL_VERSION_NUMBER"),
    )
)
_WANTS_OURS = frozenset(
    (
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_NO_CERTIFICATE",
    )
)
_CA_FILE = "`ca_file` in your own configuration"


def make_context(ca_file: Path | None, env: Mapping[str, str]) -> ssl.SSLContext:
    """What TLS connections are made with.

    Args:
        ca_file: the certificates to believe, and no others; the user's setting.
        env: the environment: SSL_CERT_FILE and SSL_CERT_DIR name the same where `ca_file` does not,
            and SSLKEYLOGFILE a file for the keys.

    Raises:
        ConfigError: what they name can't be read or written, or holds no certificate.
    """
    context = _named_context(ca_file, env) or _system_context()
    # Python sees to this variable in `create_default_context` alone, which is not used here.
    if keys := env.get("SSLKEYLOGFILE"):
        try:
            context.keylog_filename = keys
        except OSError as error:
            raise ConfigError(
                f"SSLKEYLOGFILE names {keys}, which can't be written: {error.strerror}",
                hint="unset it, or name a file that you may write to",
            ) from error
    return context


def _named_context(ca_file: Path | None, env: Mapping[str, str]) -> ssl.SSLContext | None:
    """Believes what is named, if anything is."""
    file, folders = env.get("SSL_CERT_FILE"), env.get("SSL_CERT_DIR")
    if not (ca_file or file or folders):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Whoever names a server's own certificate means that one, though no authority signed it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if ca_file:
        _believe(context, ca_file, "`ca_file`")
        return context
    if file:
        _believe(context, Path(file), "SSL_CERT_FILE")
    if folders:
        _believe_folders(context, folders)
    return context


def _believe(context: ssl.SSLContext, file: Path, named_by: str) -> None:
    try:
        data = file.read_bytes()
        if _PEM in data:
            context.load_verify_locations(cafile=file)
        else:
            context.load_verify_locations(cadata=data)
    except (ssl.SSLError, ValueError):
        raise ConfigError(
            f"{named_by} names {file}, which holds no certificate that can be read",
            hint="it has to be the certificate of the authority, as PEM or DER",
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{named_by} names {file}, which can't be read: {error.strerror}",
            hint=f"correct {named_by}, or unset it to believe what the system believes",
        ) from error


def _believe_folders(context: ssl.SSLContext, folders: str) -> None:
    if not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
        raise ConfigError(
            f"SSL_CERT_DIR names {folders}, which is no folder",
            hint="correct it, or unset it to believe what the system believes",
        )
    context.load_verify_locations(capath=folders)


def _system_context() -> ssl.SSLContext:
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.platform.startswith("linux") and not _has_store():
        # A slim container: better what Python's libraries bring along than nothing.
        context.load_verify_locations(cafile=certifi.where())
    return context


def _has_store() -> bool:
    """Whether this Linux has a store of certificates, wherever distributions put it."""
    known = ("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem")
    paths = (ssl.get_default_verify_paths().cafile, *known, "/etc/pki/tls/cert.pem")
    return any(path is not None and Path(path).is_file() for path in paths)


@dataclass(frozen=True, slots=True)
class TLSFault:
    """Why a TLS connection failed.

    Attributes:
        what: is wrong, as it follows the server's name.
        hint: what to do about it.
    """

    what: str
    hint: str


def tls_fault(error: BaseException, host: str, *, connecting: bool) -> TLSFault | None:
    """Why a connection failed, if it was TLS.

    Args:
        error: what was raised; what it came of is looked through.
        host: the server, with its port if that is unusual.
        connecting: whether the connection was still being made: later only the wish for a client
            certificate tells of the server, all else of the way there.
    """
    for one in _causes(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            return _distrust(one, host)
        if isinstance(one, ssl.SSLError) and (connecting or one.reason in _WANTS_OURS):
            return _broken(one, host)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _distrust(error: ssl.SSLCertVerificationError, host: str) -> TLSFault:
    """By OpenSSL's number: its texts differ from version to version."""
    code = getattr(error, "verify_code", 0)
    today = f"by this machine's clock it is {clock.days()[0]}"
    if code == _EXPIRED:
        return TLSFault(
            "shows a certificate that has expired",
            f"its administrator has to renew it, unless the clock is wrong: {today}",
        )
    if code == _NOT_YET:
        return TLSFault("shows a certificate that is not valid yet", f"is the clock right? {today}")
    if code in _WRONG_NAME:
        return TLSFault(
            f"shows a certificate for another name{_names(error)}",
            f"is `api` right? The certificate has to name {host.partition(':')[0]}",
        )
    if code == _SELF_SIGNED:
        return TLSFault(
            "shows a certificate that it signed itself",
            f"if that is the right server, save its certificate and name the file in {_CA_FILE}",
        )
    if code == _SELF_SIGNED_CHAIN or code in _NO_ISSUER:
        return TLSFault(
            "shows a certificate of an authority that is not known here",
            f"name the authority's certificate in {_CA_FILE}, or in SSL_CERT_FILE; if it is known "
            "here, the server leaves out an intermediate certificate",
        )
    if code in _WEAK:
        return TLSFault(
            "shows a certificate with a key or signature too weak to be believed",
            "its administrator has to make a new one",
        )
    said = getattr(error, "verify_message", "") or error.reason or "no reason is told"
    return TLSFault(
        f"shows a certificate that can't be trusted: {said}",
        f"if it is the right server, name its authority's certificate in {_CA_FILE}",
    )


def _names(error: ssl.SSLCertVerificationError) -> str:
    said = str(getattr(error, "verify_message", ""))
    return f" ({said.rstrip('.')})" if said.isprintable() and said else ""


def _broken(error: ssl.SSLError, host: str) -> TLSFault:
    reason = error.reason or ""
    if reason in _NO_TLS:
        return TLSFault(
            "answers without TLS: it speaks plain http on that port",
            f"use http://{host} in `api` if you trust the network, or the port of https",
        )
    if reason in _OLD_TLS:
        return TLSFault(
            "speaks only TLS that is too old, or ciphers that are too weak",
            "its administrator has to enable TLS 1.2 or 1.3",
        )
    if reason in _WANTS_OURS:
        return TLSFault(
            "wants a certificate of this machine, a client certificate",
            "that is not supported: ask for another way in, such as a token in `headers`",
        )
    if reason == "TLSV1_UNRECOGNIZED_NAME":
        return TLSFault("knows no site of that name", "is `api` right?")
    if isinstance(error, ssl.SSLEOFError) or reason == "UNEXPECTED_EOF_WHILE_READING":
        return TLSFault(
            "ends the connection before TLS is agreed on",
            "does it speak https on that port? A firewall may also be in the way",
        )
    return TLSFault(
        f"can't agree on TLS: {reason.replace('_', ' ').lower() or 'no reason is told'}",
        "is `api` right, is that the port of https?",
    )
