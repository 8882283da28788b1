"""A notebook open in JupyterLab: run it, look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

WIDGET = "application/vnd.jupyter.widget-view+json"
NO_MODEL = "widget model not found"
KERNEL_GONE = (NO_MODEL, "Comm not found for comm id")
"""What ipywidgets and JupyterLab say of widgets whose kernel has gone."""
NO_KERNEL = "Cannot read properties of null (reading 'kernel')"
"""What ipywidgets' manager throws in a notebook that has no kernel."""

_IDLE = """() => {
  const notebook = window.jupyterapp?.shell?.currentWidget;
  return notebook?.sessionContext?.session?.kernel?.status === "idle";
}"""
_START = """(command) => {
  window.settled = false;
  const settle = () => { window.settled = true; };
  jupyterapp.commands.execute(command).then(settle, settle);
}"""
_ACTIVATE = """(index) => {
  jupyterapp.shell.currentWidget.content.activeCellIndex = index;
}"""
_OUTPUTS = """(index) =>
  jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()
"""
_SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
_OPEN = """async ([path, kernelPreference]) => {
  const args = { path, factory: "Notebook", kernelPreference };
  const panel = await jupyterapp.commands.execute("docmanager:open", args);
  await panel.context.ready;
  jupyterapp.shell.activateById(panel.id);
}"""
_IS_CURRENT = """(path) => {
  const isIt = (panel) => panel?.context?.path === path;
  const [panel] = [...jupyterapp.shell.widgets("main")].filter(isIt);
  const isCurrent = isIt(jupyterapp.shell.currentWidget);
  if (panel && !isCurrent) jupyterapp.shell.activateById(panel.id);
  return isCurrent;
}"""
"""Whatever else takes the place in between: a page that starts puts back its layout."""
_SAVE = "() => jupyterapp.commands.execute('docmanager:save')"
_THEME = """(theme) =>
  jupyterapp.commands.execute("apputils:change-theme", { theme })
"""


class Notebook:
    """A notebook that is the current tab of a page.

    Parameters
    ----------
    page
        The page, with the notebook's address loaded or loading.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wait()

    def wait(self) -> None:
        """Wait until the kernel has nothing to do."""
        self.page.wait_for_function(_IDLE)

    def start(self, index: int | None = None) -> None:
        """Run one cell, or all, without waiting for the end."""
        if index is not None:
            self.page.evaluate(_ACTIVATE, index)
        command = "run-all-cells" if index is None else "run-cell"
        self.page.evaluate(_START, f"notebook:{command}")

    def finish(self) -> None:
        """Wait until what was started is over, its outputs included."""
        self.page.wait_for_function("() => window.settled")
        self.wait()

    def run(self, index: int | None = None) -> None:
        """Run one cell, or all, to the end."""
        self.start(index)
        self.finish()

    def command(self, name: str, index: int) -> None:
        """Let the Lab do something with a cell."""
        self.page.evaluate(_ACTIVATE, index)
        self.page.evaluate(_START, name)
        self.page.wait_for_function("() => window.settled")

    def save(self) -> None:
        """Save it."""
        self.page.evaluate(_SAVE)

    def open(self, file: str, *, kernel: bool = True) -> None:
        """Open another notebook in a tab, which is the current one then."""
        preference = None if kernel else {"shouldStart": False, "canStart": False}
        self.page.evaluate(_OPEN, [file, preference])
        self.page.wait_for_function(_IS_CURRENT, arg=file)

    def theme(self, name: Literal["Light", "Dark"]) -> None:
        """Choose a theme of the Lab."""
        self.page.evaluate(_THEME, f"JupyterLab {name}")
        sign = f"body[data-jp-theme-light={'true' if name == 'Light' else 'false'}]"
        self.page.wait_for_selector(sign, state="attached")

    def cell(self, index: int) -> Locator:
        """Return a cell's element."""
        return self.page.locator(f"{_SHOWN} .jp-Notebook-cell").nth(index)

    def tokens(self, index: int) -> Locator:
        """Return the tokens in a cell's outputs."""
        return self.cell(index).locator(".lpw-token")

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return a cell's outputs, as the notebook's file would hold them."""
        outputs: list[dict[str, Any]] = self.page.evaluate(_OUTPUTS, index)
        return outputs

    def printed(self, index: int) -> str:
        """Return what a cell printed."""
        outputs = self.outputs(index)
        return "".join(
            "".join(output["text"])
            for output in outputs
            if output["output_type"] == "stream"
        )
