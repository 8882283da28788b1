"""What a token's card says, and whether its numbers are the true ones."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

FLOAT32 = 2e-6
"""What sums of single-precision probabilities may be off by."""

WRITE_VALUES = """
from pathlib import Path
for table in ("tokens", "alternatives"):
    frame = gen.to_pandas(table).drop(columns="bytes")
    json = frame.to_json(orient="records", double_precision=15)
    Path(f"{table}.json").write_text(json)
"""

_READ = """() => {
  const card = [...document.querySelectorAll(".lpw-card")].find((c) => !c.hidden);
  if (!card) return null;
  const text = (selector, node = card) => node.querySelector(selector).textContent;
  const all = (selector) => [...card.querySelectorAll(selector)];
  const row = (tr) => ({
    kind: tr.className,
    marker: tr.cells[0].textContent,
    token: tr.querySelector("code")?.textContent ?? "",
    probability: tr.cells[3].textContent,
    logprob: tr.cells[4].textContent,
  });
  return {
    token: text(".lpw-card-token"),
    place: text(".lpw-card-place"),
    figures: all(".lpw-card-figures > *").map((figure) => figure.textContent),
    rows: all("tbody tr").map(row),
  };
}"""
_READ_ALL = f"""(text) => {{
  const read = {_READ};
  return [...text.querySelectorAll(".lpw-token")].map((token) => {{
    token.tabIndex = 0;
    token.focus();
    return read();
  }});
}}"""


class Row(NamedTuple):
    """A line of the card's table."""

    kind: str
    marker: str
    token: str
    probability: str
    logprob: str


class Card(NamedTuple):
    """What the card says."""

    token: str
    place: str
    figures: list[str]
    rows: list[Row]


class Values(NamedTuple):
    """What the DataFrames say: a token, and its alternatives."""

    token: dict[str, Any]
    alternatives: list[dict[str, Any]]


def read_card(page: Page) -> Card:
    """Wait for a card and return what it says."""
    expect(page.locator(".lpw-card:visible")).to_have_count(1)
    return _card(page.evaluate(_READ))


def read_all(text: Locator) -> list[Card]:
    """Return the card of every token, by giving each the focus."""
    return [_card(found) for found in text.evaluate(_READ_ALL)]


def _card(found: dict[str, Any]) -> Card:
    return Card(**{**found, "rows": [Row(**row) for row in found["rows"]]})


def read_values(folder: Path) -> list[Values]:
    """Return what `WRITE_VALUES` wrote, a token each."""
    tokens, alternatives = (
        json.loads((folder / f"{table}.json").read_text())
        for table in ("tokens", "alternatives")
    )
    rows: list[list[dict[str, Any]]] = [[] for _ in tokens]
    for alternative in alternatives:
        rows[alternative["position"]].append(alternative)
    return [Values(*pair) for pair in zip(tokens, rows, strict=True)]


def check_card(card: Card, values: Values, relative: float = 0.0) -> None:
    """Compare a card with the DataFrames, to the digits that it shows.

    `relative` is how far the log probabilities may be off.
    """
    token, alternatives = values
    position, rank = token["position"], token["rank"]
    assert card.place.startswith(f"token {position + 1} of ")
    check_token(card.token, token["token"])
    check_value(card.figures[0], card.figures[1], token["logprob"], relative)
    below = f"> {len(alternatives) - 1}"  # sampled, but not listed
    assert card.figures[2].split(" of ")[0] == f"rank {rank or below}"
    assert card.figures[3] == f"id {token['token_id']}"
    *rows, unseen = card.rows
    assert [row.marker for row in rows].count("●sampled") == 1
    for row, alternative in zip(rows, alternatives, strict=True):
        check_token(row.token, alternative["token"])
        check_value(row.probability, row.logprob, alternative["logprob"], relative)
        assert bool(row.marker) == alternative["chosen"]
    left = 1 - sum(math.exp(alternative["logprob"]) for alternative in alternatives)
    assert unseen.kind == "lpw-unseen"
    check_number(unseen.probability, 100 * max(0, left), 100 * (FLOAT32 + relative))


def check_value(percent: str, nats: str, logprob: float, relative: float) -> None:
    """Compare a probability and its logarithm with what is shown of them."""
    off = relative * abs(logprob)
    check_number(percent, 100 * math.exp(logprob), 100 * math.exp(logprob) * off)
    check_number(nats, logprob, off)


def check_token(shown: str, token: str) -> None:
    """Compare text, where it needs no badge or escape."""
    if token.translate({10: "", 9: ""}).isprintable() and "\\" not in token:
        marks = str.maketrans({" ": "·", "\n": "⏎", "\t": "⇥"})
        assert shown == (token.translate(marks) or "empty")


def check_number(shown: str, value: float, slack: float = 0.0) -> None:
    """Compare a number with what is shown of it, rounded as far as it shows."""
    text = shown.replace("−", "-").removesuffix(" %").removesuffix(" nats")
    slack += FLOAT32 * max(1.0, abs(value))
    if text[0] == "<":
        assert value < float(text[1:]) + slack
    elif text[0] == ">":
        assert value > float(text[1:]) - slack
    else:
        digits = Decimal(text)
        step = 10.0 ** int(digits.as_tuple().exponent)
        assert abs(float(digits) - value) <= step / 2 + slack, (shown, value)
