"""XML that every parser accepts, whatever the names are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def xml_text(name: str) -> str:
    r"""Return a name as XML can hold it: its two forbidden characters read ``\ufffe``, ``\uffff``.

    All others that XML forbids are in no vocabulary; the writer escapes markup.
    """
    return name.replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


def xml_bytes(root: Element) -> bytes:
    """Write a document, indented, in UTF-8."""
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
