"""Two hundred texts that would run, restyle or reorder a page if it let them."""

from __future__ import annotations

_RUN = "window.pwned=1"
_TAGS = (
    f"<script>{_RUN}</script>",
    f"<SCRIPT SRC=data:text/javascript,{_RUN}></SCRIPT>",
    f"<script type=module>{_RUN}</script>",
    f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    f"<iframe srcdoc='<script>parent.{_RUN}</script>'></iframe>",
    f"<iframe src=javascript:parent.{_RUN}>",
    f"<object data=javascript:{_RUN}>",
    f"<embed src=javascript:{_RUN}>",
    f"<base href=javascript:{_RUN}//>",
    f"<meta http-equiv=refresh content='0;javascript:{_RUN}'>",
    f"<form action=javascript:{_RUN}><button>x</button></form>",
    "<link rel=stylesheet href=data:text/css,*{display:none}>",
    f"<template><img src=x onerror={_RUN}></template>",
    f"<noscript><p title='</noscript><img src=x onerror={_RUN}>'>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><a xlink:href=javascript:{_RUN}><text y=9>x</text></a></svg>",
    f"<svg><animate attributeName=href onbegin={_RUN}>",
    f"<svg><foreignObject><img src=x onerror={_RUN}></foreignObject></svg>",
    f"<svg><style><img src=x onerror={_RUN}></style></svg>",
    f"<math><mtext><img src=x onerror={_RUN}></mtext></math>",
    f"<math href=javascript:{_RUN}>x</math>",
    f"<math><mglyph><style><img title='--&gt;&lt;img src=x onerror={_RUN}>",
)
_HANDLERS = tuple(
    f"<{tag} {handler}={_RUN} {rest}>x"
    for tag, rest in (
        ("img", "src=x"),
        ("body", "autofocus"),
        ("input", "autofocus"),
        ("details", "open"),
        ("video", "src=x"),
        ("marquee", "loop=1"),
    )
    for handler in ("onerror", "onload", "onfocus", "ontoggle", "onpointerover")
)
_BREAKERS = tuple(
    f"{closer}<img src=x onerror={_RUN}>"
    for closer in (
        *("'", '"', "`", ">", "'>", '">', "'\">", "-->", "--!>", "]]>", "*/"),
        *("</title>", "</textarea>", "</style>", "</script>", "</noscript>", "</svg>"),
        *("</pre>", "</span>", "</div>", "</table>", "</details>", "</li></ol>"),
        *("<!--", "<![CDATA[", "<?xml ", "</body></html>", "\n\n", "\0", "&quot;>"),
    )
)
_ATTRIBUTES = tuple(
    f"{quote}{space}{handler}={quote}{_RUN}{quote} x={quote}"
    for quote in ("'", '"', "")
    for space in (" ", "\t", "\n", "/")
    for handler in ("onmouseover", "onfocus autofocus onblur")
)
_ADDRESSES = tuple(
    f"{start}{_RUN}{end}"
    for start in (
        *(
            "javascript:",
            "JaVaScRiPt:",
            "java\tscript:",
            " javascript:",
            "\x01javascript:",
        ),
        *("vbscript:", "data:text/html,<script>parent.", "[x](javascript:"),
        *("![x](javascript:", "<javascript:", "[x]: javascript:"),
    )
    for end in ("", "//")
)
_TEMPLATES = (
    *("{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% raw %}", "{0.__class__}"),
    *("{{constructor.constructor('window.pwned=1')()}}", "%s%n%x", "$(id)", "`id`"),
    *("__proto__", "constructor", "hasOwnProperty", "NaN", "null", "undefined"),
)
_STYLES = (
    "</style><style>*{display:none}</style>",
    "color:red;position:fixed;inset:0",
    "';background:url(javascript:window.pwned=1);'",
    '";position:fixed;top:0;left:0;width:100%;height:100%;x:"',
    "expression(window.pwned=1)",
    "} * { display: none } {",
    "@import url(data:text/css,*{display:none});",
    "lpw-token lpw-card jp-Cell",
)
_TYPESET = (
    r"$\href{javascript:window.pwned=1}{x}$",
    r"\(x^2\)",
    r"$$\unicode{x3c}script\unicode{x3e}$$",
    r"\[\style{position:fixed}{x}\]",
    r"\begin{equation}x\end{equation}",
    "# heading",
    "**bold** _it_ ~~out~~ `code`",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "```html\n<script>window.pwned=1</script>\n```",
    "<https://example.com>",
)
_TERMINAL = (
    "\x1b[31mred\x1b[0m",
    "\x1b[2J\x1b[1;1H",
    "\x1b]0;title\x07",
    "\x1b]8;;javascript:window.pwned=1\x07x\x1b]8;;\x07",
    "\x9b31m",
    "over\rwritten",
    "back\x08\x08\x08\x08",
    "\x07\x0b\x0c\x7f\x85",
)
_ORDER = (
    *("\u202eevil", "\u202dleft", "\u202aembed", "\u202bembed", "\u202c\u202c\u202c"),
    *(
        "\u2066one",
        "\u2067two",
        "\u2068three",
        "\u2069\u2069\u2069",
        "\u200e",
        "\u200f",
    ),
    *("\u061cmark", "שלום (עולם)", "مرحبا 123 <b>", "a\u202eb\u2066c", "\u2067\u202e"),
    *("נ", "\U0001e900\U0001e901", "(\u202e)", "12\u200f34"),
)
_UNSEEN = (
    *("\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060\u2061", "\U000e0041\U000e007f"),
    *("\0", "\x01\x02\x1f", "\ue000", "\ufffe\uffff", "\u2028line\u2029", "\u3164"),
    *("e" + "\u0301" * 60, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\ufe0f"),
    *("\ud83d", "a\udc00b", "\udfff<img src=x onerror=window.pwned=1>"),
)
_LONG = ("x" * 4000, "<b>" * 800, "\u202e" * 300, "word " * 600, "字" * 1500)

PAYLOADS = (
    _TAGS
    + _HANDLERS
    + _BREAKERS
    + _ATTRIBUTES
    + _ADDRESSES
    + _TEMPLATES
    + _STYLES
    + _TYPESET
    + _TERMINAL
    + _ORDER
    + _UNSEEN
    + _LONG
)
