"""A run notebook as one HTML page without code, and cleared of what names the machine or quotes the data."""

from pathlib import Path
from typing import Any

import nbformat

TEMPLATE = Path(__file__).with_name("template")


def html_page(notebook: nbformat.NotebookNode, title: str, trace: str) -> str:
    """The notebook's words and outputs as one page; ``trace`` says at its foot where the figures come from."""
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.exporters.templateexporter import TemplateExporter

    exporter = HTMLExporter(
        template_name=TEMPLATE.name, extra_template_basedirs=[str(TEMPLATE.parent)], exclude_anchor_links=True
    )
    resources: dict[str, Any] = {"report": {"title": title, "trace": trace}}
    # Not HTMLExporter's own: that parses the page again, slowly, for the sake of images without words.
    return TemplateExporter.from_notebook_node(exporter, notebook, resources)[0]


def cleared(notebook: nbformat.NotebookNode, parameters: str) -> nbformat.NotebookNode:
    """The notebook with ``parameters`` in place of those injected, without papermill's paths and widget state."""
    for name in ("papermill", "widgets"):
        notebook.metadata.pop(name, None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            _only_html(output)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = parameters
    return notebook


def cleared_failure(notebook: nbformat.NotebookNode, parameters: str, place: str) -> nbformat.NotebookNode:
    """A notebook that failed, cleared; of the failure it keeps ``place``, the error's name and its first line.

    A traceback and what was printed name the machine's folders and may quote rows of the data.
    """
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    notebook = cleared(notebook, parameters)
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [_without_traceback(o, place) for o in cell.outputs if o.output_type != "stream"]
    return notebook


def _without_traceback(output: nbformat.NotebookNode, place: str) -> nbformat.NotebookNode:
    if output.output_type == "error":
        output.evalue, output.traceback = next(iter(output.evalue.splitlines()), ""), [place]
    return output


def _only_html(output: nbformat.NotebookNode) -> None:
    """Drop the plain text beside HTML: it says the same again at the same length."""
    if "text/html" in output.get("data", {}):
        output.data.pop("text/plain", None)
