"""Messages in the client's language; `_error_type` and `code` are the same in all."""

from __future__ import annotations

from typing import Any

_SPANISH = {
    "Authentication credentials were not provided.": (
        "No se han proporcionado las credenciales de autenticación."
    ),
    "You do not have permission to perform this action.": (
        "No tiene permiso para realizar esta acción."
    ),
    "No active account found with the given credentials": (
        "No hay ninguna cuenta activa con esas credenciales"
    ),
    "Token is invalid or expired": "El token no es válido o ha caducado",
    "This field is required.": "Este campo es obligatorio.",
    "Invalid token": "Token inválido",
    "Blocked element": "Elemento bloqueado",
}
_GERMAN = {
    "Authentication credentials were not provided.": "Anmeldedaten fehlen.",
    "You do not have permission to perform this action.": "Diese Aktion ist nicht erlaubt.",
    "This field is required.": "Dieses Feld ist erforderlich.",
}
_MESSAGES = {"es": _SPANISH, "de": _GERMAN}


def translated(body: Any, language: str) -> Any:
    """The JSON with those of its texts translated that this fake knows in that language."""
    known = _MESSAGES.get(language)
    if known is None:
        return body
    if isinstance(body, dict):
        return {key: translated(value, language) for key, value in body.items()}
    if isinstance(body, list):
        return [translated(one, language) for one in body]
    return known.get(body, body) if isinstance(body, str) else body
