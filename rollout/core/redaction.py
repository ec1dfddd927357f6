"""Makes the output of other programs fit to be stored and shown: secrets blotted out, control characters dropped, length bounded."""

import re
from collections.abc import Iterable

BLOT = "[redacted]"
_SHORTEST_SECRET = 4  # blotting out anything shorter would only shred the text
_LONGEST_WORD = 1000

# The bounded repeats keep the search linear in a text without blanks.
_SECRET_WORD = r"(?:token|password|passwd|pwd|secret|credentials?|(?:api|access|private)[_-]?key)"
_VALUE = r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s,;&"']+)"""
_SECRETS = tuple(
    re.compile(rf"(?P<name>{name}){value}", re.IGNORECASE)
    for name, value in (
        (r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@]{0,200}:", r"[^\s/@]{1,500}(?=@)"),
        (r"""(?:\b(?:bearer|basic)|authorization["']?[ \t]*[:=][ \t]*["']?\w{1,40})[ \t]+""", r"[\w.~+/=-]{8,}"),
        (rf"""{_SECRET_WORD}["']?[ \t]*[=:][ \t]*""", _VALUE),
        (rf"--[\w.-]{{0,40}}{_SECRET_WORD}[ \t]+", _VALUE),
    )
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def names_secret(name: str) -> bool:
    """Whether a thing of that name (an environment variable, say) is likely to hold a secret."""
    return re.fullmatch(rf"[\w.-]*{_SECRET_WORD}", name, re.IGNORECASE) is not None


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without the secrets, and without what looks like one: token=…, "password": "…", Bearer …, user:…@host."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, BLOT)
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<name>{BLOT}", text)
    return text


def printable(text: str) -> str:
    """The text without terminal escapes, control characters and halves of characters. Tabs stay; all line ends become line feeds."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def shown(output: bytes | str, secrets: Iterable[str] = (), *, limit: int = 4096, cut: bool = False) -> str:
    """The end of what another program wrote or answered, as text of at most `limit` characters, fit to be stored and shown.

    `cut` says that the output's beginning is missing: as a secret may have been cut in two there, the first words are dropped too.
    """
    kept = [kept for secret in secrets if (kept := printable(secret).strip())]
    text = output.decode("utf-8", errors="replace") if isinstance(output, bytes) else output
    if cut:
        text = _without_torn_secret(text, max((len(secret) for secret in kept), default=0))
    text = redacted(printable(text), kept).strip()
    return text if len(text) <= limit else "…" + text[1 - limit :]


def _without_torn_secret(text: str, longest: int) -> str:
    """Drop as much of the beginning as could be the rest of a secret: the length of the longest, and on to the next blank if one is near."""
    blank = re.compile(r"\s").search(text, longest, longest + _LONGEST_WORD)
    return text[blank.end() :] if blank else text[longest:]
