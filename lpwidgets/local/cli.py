"""The command ``lpwidgets``."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lpwidgets.errors import LpError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name.

    Parameters
    ----------
    argv
        The arguments, by default those of this process.

    Returns
    -------
    int
        The exit code: 0 if all went well, 1 after an error, 130 after Ctrl-C.
    """
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except LpError as error:
        print(f"lpwidgets: {' '.join(str(error).splitlines())}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "lpwidgets", description="Token log probabilities in notebooks."
    )
    commands = parser.add_subparsers(title="commands", required=True)
    serve = commands.add_parser(
        "serve",
        help="run a local DeepInfra",
        description="Answer as DeepInfra's API does, from a model on this computer.",
    )
    serve.add_argument("--model", metavar="PATH.gguf", help="by default SmolLM2-135M")
    serve.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    serve.add_argument("--port", type=_port, default=8000, help="default: %(default)s")
    serve.add_argument("--token", default="", help="accept no other bearer token")
    serve.set_defaults(run=_serve)
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 1 << 16:
        raise argparse.ArgumentTypeError(f"{port} is no port: 0 to 65535")
    return port


def _serve(arguments: argparse.Namespace) -> None:
    from lpwidgets.local.serve import serve

    serve(arguments.model, arguments.host, arguments.port, arguments.token)


if __name__ == "__main__":
    sys.exit(main())
