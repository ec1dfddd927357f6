"""Text as iCalendar wants it (RFC 5545): values escaped, lines folded. Knows no calendar of ours."""

LONGEST_LINE = 75  # octets, without the line's end (section 3.1)


def escaped(text: str) -> str:
    """The text as a TEXT value (section 3.3.11); line ends become \\n."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def folded(text: str) -> str:
    """The lines, each folded to at most 75 octets between characters and ended by CR LF; empty ones are dropped."""
    return "".join(f"{part}\r\n" for line in text.split("\n") if line.strip() for part in _parts(line.rstrip("\r")))


def _parts(line: str) -> list[str]:
    """The line in parts that fit; from the second on they begin with a blank."""
    parts, part, size = [], "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > LONGEST_LINE:
            parts.append(part)
            part, size = " ", 1
        part, size = part + sign, size + octets
    return [*parts, part]
