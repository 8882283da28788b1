"""``%%lp``, ``%lp``, ``%%logprobs``: ask a model from a cell, see its tokens live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.core.magic_arguments import argument as option
from IPython.core.magic_arguments import magic_arguments
from IPython.display import display
from traitlets import Float, Integer, Unicode

from lpwidgets.client.providers import PROVIDERS
from lpwidgets.display.cell_line import as_typed, number, parse, whole
from lpwidgets.errors import InputError, LpError

if TYPE_CHECKING:
    import argparse

    from IPython.core.interactiveshell import InteractiveShell

    from lpwidgets.client.client import Client


@magics_class
class LpMagics(Magics):
    """Defaults of the magics, set as ``%config LpMagics.provider = "deepinfra"``."""

    provider = Unicode("local", help="provider when a cell names none").tag(config=True)
    base_url = Unicode("", help="address of a server when a cell names none").tag(
        config=True
    )
    model = Unicode("", help="model when a cell names none").tag(config=True)
    top = Integer(5, help="alternatives a token").tag(config=True)
    max_tokens = Integer(None, allow_none=True, help="limit of tokens").tag(config=True)
    temperature = Float(None, allow_none=True, help="temperature").tag(config=True)

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.user_ns: dict[str, Any] = shell.user_ns
        self._clients: dict[tuple[str, str, str], Client] = {}

    @magic_arguments()
    @option("-p", "--provider", help="local, deepinfra, openai, vllm, …")
    @option("-m", "--model", help="the model; for local the path of a GGUF file")
    @option(
        "-k", "--top", type=whole, metavar="K", help="alternatives a token (default 5)"
    )
    @option("--max-tokens", type=whole, metavar="N", help="limit of generated tokens")
    @option(
        "-t", "--temperature", type=number, metavar="T", help="sampling temperature"
    )
    @option("--seed", type=whole, metavar="N", help="seed of the sampling")
    @option("-n", "--n", type=whole, metavar="N", default=1, help="how many answers")
    @option("-s", "--system", metavar="TEXT", help="system message")
    @option(
        "--base-url",
        metavar="URL",
        help="address of a server, such as http://127.0.0.1:8000/v1",
    )
    @option("-a", "--api", help="chat (default), completions, or native")
    @option(
        "-c",
        "--color",
        metavar="METRIC",
        default="probability",
        help="metric of the background",
    )
    @option(
        "-w",
        "--where",
        metavar="EXPR",
        help='show the tokens that meet a condition, such as "logprob < -3"',
    )
    @option(
        "--assert",
        dest="check",
        metavar="EXPR",
        help='fail unless the answer meets a condition, such as "perplexity < 20"',
    )
    @option(
        "--choose",
        metavar="LABELS",
        help="show how probability is spread over labels, such as yes,no,maybe",
    )
    @option(
        "-o",
        "--output",
        metavar="NAME",
        help="variable for the result (always also in _lp)",
    )
    @line_cell_magic
    def lp(self, line: str, cell: str | None = None) -> None:
        """Ask a model and show its tokens as they come.

        The cell, byte for byte, is the prompt of ``%%lp``; what follows the options is
        the prompt of ``%lp``::

            %%lp --top 5 -o gen
            Say hello in one word

            %lp -p deepinfra Say hello in one word
        """
        try:
            options, prompt = parse(self.lp.parser, line, cell)
            self._ask(options, prompt)
        except LpError as error:
            raise _in_one_line(error, as_typed(str(error))) from None
        except KeyboardInterrupt as error:
            said = str(error) or "interrupted before anything had arrived"
            raise _in_one_line(error, said) from None

    def _ask(self, options: argparse.Namespace, prompt: str) -> None:
        # Loaded at the first question: `%load_ext` has to be quick.
        from lpwidgets.analysis import metrics
        from lpwidgets.display.live import show_live

        color = metrics.get(options.color).name
        _check_conditions(options)
        client = self._client(options)
        if options.choose:
            if options.where or options.check or options.n != 1:
                msg = "--choose gives a distribution, no answer: leave out --where, "
                raise InputError(f"{msg}--assert and -n")
            labels = [label.strip() for label in options.choose.split(",")]
            about = {"system": options.system, "api": options.api}
            chosen = client.choose(prompt, labels, **about)
            self._keep(chosen, options.output)
            display(chosen)
            return
        stream = client.stream(
            prompt,
            top_logprobs=_first(options.top, self.top),
            max_tokens=_first(options.max_tokens, self.max_tokens),
            temperature=_first(options.temperature, self.temperature),
            seed=options.seed,
            n=options.n,
            system=options.system,
            api=options.api,
        )
        try:
            show_live(stream, color)
        except KeyboardInterrupt:
            self._keep(stream.latest, options.output)
            msg = f"interrupted: what had arrived is in {options.output or '_lp'}"
            raise KeyboardInterrupt(msg) from None
        self._keep(stream.latest, options.output)
        if options.where:
            display(stream.latest.where(options.where))
        if options.check:
            stream.latest.check(options.check)

    def _keep(self, answer: Any, name: str | None) -> None:
        self.user_ns.update(dict.fromkeys({"_lp", name or "_lp"}, answer))

    def _client(self, options: argparse.Namespace) -> Client:
        base_url = options.base_url or ("" if options.provider else self.base_url)
        name = options.provider or ("" if base_url else self.provider)
        model = options.model or ("" if options.provider else self.model)
        from lpwidgets.client.client import Client

        key = (name, base_url, model)
        if key not in self._clients:
            self._clients[key] = Client(
                name or None, base_url=base_url or None, model=model or None
            )
        return self._clients[key]


def _check_conditions(options: argparse.Namespace) -> None:
    """Find mistakes in conditions before anything is asked."""
    from lpwidgets.analysis import checks, expression, selection

    if options.where:
        expression.parse(options.where, selection.scope())
    if options.check:
        checks.parsed(options.check)


def _first(value: Any, default: Any) -> Any:
    return default if value is None else value


def _in_one_line(error: BaseException, said: str) -> BaseException:
    """Make IPython show an error without its traceback."""
    error._render_traceback_ = lambda: [f"lpwidgets: {said}"]  # type: ignore[attr-defined]
    return error


def complete(_: object, event: Any) -> list[str]:
    """Complete the magics' options, providers and metrics."""
    before = event.line.split()
    last = before[-1] if event.line[-1:].isspace() else before[-2]
    if last in {"-p", "--provider"}:
        return list(PROVIDERS)
    if last in {"-c", "--color"}:
        from lpwidgets.analysis import metrics

        return metrics.names()
    return [
        name
        for action in LpMagics.lp.parser._actions  # noqa: SLF001
        for name in action.option_strings
        if name.startswith("--")
    ]


def register(shell: InteractiveShell) -> None:
    """Register the magics, and the completion of their options."""
    magics = LpMagics(shell)
    shell.register_magics(magics)
    for kind in ("line", "cell"):
        shell.register_magic_function(magics.lp, kind, "logprobs")
    shell.set_hook("complete_command", complete, re_key=r"%{1,2}(lp|logprobs)\b")
