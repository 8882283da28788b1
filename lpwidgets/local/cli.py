"""The command ``lpwidgets``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from lpwidgets.errors import InputError, LpError

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
        return _complain(error)
    except KeyboardInterrupt:
        return 130
    return 0


def _complain(error: LpError, code: int = 1) -> int:
    print(f"lpwidgets: {' '.join(str(error).splitlines())}", file=sys.stderr)  # noqa: T201
    return code


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
    serve.add_argument(
        "--token",
        default=os.environ.get("LPWIDGETS_TOKEN", ""),
        help="accept no other bearer token; $LPWIDGETS_TOKEN keeps it out of ps",
    )
    serve.set_defaults(run=_serve)
    doctor = commands.add_parser(
        "doctor",
        help="say what a server really does",
        description="Ask a server about 16 tiny questions and say what it really does. "
        "What that costs is shown first. Keys come from the environment.",
    )
    doctor.add_argument(
        "server",
        metavar="PROVIDER_OR_URL",
        help="such as local, deepinfra, or http://127.0.0.1:8000/v1",
    )
    doctor.add_argument("--model", help="by default the provider's own")
    doctor.add_argument("--yes", action="store_true", help="agree to what it costs")
    doctor.add_argument("--json", action="store_true", help="print the profile as JSON")
    doctor.set_defaults(run=_doctor)
    return parser


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _serve(arguments: argparse.Namespace) -> None:
    from lpwidgets.local.serve import serve

    serve(arguments.model, arguments.host, arguments.port, arguments.token)


def _doctor(arguments: argparse.Namespace) -> None:
    import msgspec

    from lpwidgets.client.doctor.visit import doctor

    try:
        profile = doctor(
            arguments.server, model=arguments.model, yes=arguments.yes, progress=_tell
        )
    except InputError as error:
        raise SystemExit(_complain(error, code=2)) from None
    as_json = msgspec.json.format(msgspec.json.encode(profile)).decode()
    print(as_json if arguments.json else profile)  # noqa: T201


def _tell(line: str) -> None:
    if not line.endswith("…"):
        print(line, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
