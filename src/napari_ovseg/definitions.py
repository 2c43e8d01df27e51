"""Definitions of categories from a language model on the user's own machine.

ITACLIP mixes a sentence of what a word means into its embedding. The built-in lexicon has the
common words; for others a person writes one, or lets a model that runs here write it. What it
writes becomes part of the vocabulary, to be read, mended and kept.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from napari_ovseg.errors import InputError, VocabularyError
from napari_ovseg.lexicon import definition_of
from napari_ovseg.progress import Progress, Steps, run
from napari_ovseg.vocabulary import Vocabulary

if TYPE_CHECKING:
    from napari_ovseg.vocabulary import Category

Ask: TypeAlias = Callable[[str], str]
"""From a question to an answer."""

SERVER = "http://127.0.0.1:11434/v1"
"""Where ollama listens; llama.cpp, LM Studio and vLLM speak the same protocol."""

_LONGEST = 300  # characters of a definition; CLIP reads about as many
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A language model behind the chat protocol of OpenAI, on this machine only.

    Attributes
    ----------
    model
        What the server calls it.
    server
        Address up to ``/v1``. Words may be confidential: only a loopback address is taken, no
        proxy is used, and no redirect is followed.
    """

    model: str
    server: str = SERVER

    def __post_init__(self) -> None:
        """Refuse an address that would leave the machine."""
        parts = urlsplit(self.server)
        if parts.scheme not in ("http", "https") or not _is_loopback(parts.hostname or ""):
            raise InputError(
                f"the language model must run on this machine, got {self.server!r}; "
                f"use an address like {SERVER}"
            )

    def __call__(self, question: str) -> str:
        """Ask, and return the answer.

        Raises
        ------
        InputError
            If nobody listens there, or the answer cannot be understood.
        """
        message = {"role": "user", "content": question}
        body = {"model": self.model, "messages": [message], "temperature": 0, "stream": False}
        request = Request(  # the scheme was checked
            f"{self.server.rstrip('/')}/chat/completions",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with build_opener(ProxyHandler({}), _NoRedirects).open(
                request, timeout=_SECONDS
            ) as answer:
                told: Any = json.load(answer)
            return str(told["choices"][0]["message"]["content"])
        except (URLError, OSError, ValueError, LookupError, TypeError) as error:
            raise InputError(
                f"the language model {self.model!r} at {self.server} gave no answer ({error}); "
                "start its server, and check its name"
            ) from error


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Go nowhere else."""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def define(vocabulary: Vocabulary, ask: Ask) -> Vocabulary:
    """Fill in definitions that neither the vocabulary nor the lexicon has.

    Parameters
    ----------
    vocabulary
        What it defines itself stays; background is never defined.
    ask
        From a question to an answer: a `LocalModel`, or a function of your own.

    Raises
    ------
    VocabularyError
        If an answer is no sentence.
    InputError
        If the model gives none.
    """
    return run(define_steps(vocabulary, ask))


def define_steps(vocabulary: Vocabulary, ask: Ask) -> Steps[Vocabulary]:
    """Define in steps; see `define`."""
    wanted = [c for c in vocabulary if _lacks(c)]
    found = {}
    for number, category in enumerate(wanted):
        yield Progress("asking", number, len(wanted))
        found[category.id] = _sentence(ask(question_about(category)), category.name)
    defined = (replace(c, definition=found.get(c.id, c.definition)) for c in vocabulary)
    return Vocabulary(tuple(defined))


def _lacks(category: Category) -> bool:
    known = category.definition or definition_of(category.name)
    return category.role != "background" and not known


def question_about(category: Category) -> str:
    """What is asked about a category."""
    others = [query for query in category.queries if query != category.name]
    also = f" (also called {', '.join(others)})" if others else ""
    return (
        f"What does {category.name!r}{also} look like in a picture? Answer with one plain phrase "
        "of at most 20 words, without an article in front, that fits after 'a photo of'."
    )


def _sentence(answer: str, name: str) -> str:
    """Take the sentence out of an answer: no thinking aloud, no quotes, one line."""
    spoken = re.sub(r"<think>.*?</think>", "", answer, flags=re.DOTALL)
    line = next((text.strip() for text in spoken.splitlines() if text.strip()), "")
    sentence = " ".join(line.strip("\"'`* ").split())
    if not 3 <= len(sentence) <= _LONGEST:
        raise VocabularyError(
            f"the language model's definition of {name!r} has {len(sentence)} characters, not "
            f"3..{_LONGEST}; write one into the vocabulary, or take another model"
        )
    return sentence
