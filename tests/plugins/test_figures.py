"""Figures have the shapes that their task kind declares."""

from __future__ import annotations

import pytest

from azuraforge.errors import InvalidInput
from azuraforge.plugins import Figure
from azuraforge.plugins.kinds.classify.figures import Patch, Saliency
from azuraforge.plugins.kinds.classify.kind import Classify
from tests.api_document import api_document

SALIENCY = Saliency(contender="vision.cnn", part="test", patch=Patch(height=2, width=2), images=())


def test_a_declared_figure_becomes_json() -> None:
    drawn = Classify().drawn({"saliency": SALIENCY})
    assert drawn["saliency"]["patch"] == {"height": 2, "width": 2}


@pytest.mark.parametrize(("name", "figure"), [("heat", SALIENCY), ("saliency", Figure())])
def test_a_figure_of_another_name_or_shape_is_refused(name: str, figure: Figure) -> None:
    with pytest.raises(InvalidInput, match=f"drew the figure '{name}' as {type(figure).__name__}"):
        Classify().drawn({name: figure})


def test_the_document_states_every_built_in_figure() -> None:
    schemas = api_document()["components"]["schemas"]
    figures = schemas["Figures"]["properties"]
    assert {*Classify.figures, "forecast", "backtest", "predictions"} <= set(figures)
    for reference in figures.values():
        assert schemas[reference["$ref"].rpartition("/")[2]]["type"] == "object"
