"""Lineage graph of a model: dataset versions, runs, versions and predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from azuraforge.database import Database
from azuraforge.datasets.reads import names as dataset_names
from azuraforge.models import store
from azuraforge.models.provenance import Origin
from azuraforge.models.registry.finding import find_model
from azuraforge.models.registry.lineage_schemas import LineageEdge, LineageNode, LineageOut, MadePredictions
from azuraforge.models.tables import ModelVersion
from azuraforge.runs.reads import names as run_names

#: Maximum number of versions in the graph; the newest are shown.
MOST_VERSIONS = 50


class Lineage:
    """Builder of a model's lineage graph from stored rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, project_id: str, name: str) -> LineageOut:
        """Return the graph of dataset versions → runs → versions → predictions, newest versions first.

        Instead of a run, an imported version follows its origin on the platform that trained it. Raises NotFound if the
        model does not exist.
        """
        with self._database.read(project_id) as session:
            owner = find_model(session, name)
            rows = store.versions(session, owner.id)
            counts = store.prediction_counts(session, owner.id)
            names: dict[int, list[str]] = {}
            for pointer in store.aliases(session, owner.id):
                names.setdefault(pointer.version, []).append(pointer.alias)
            runs = run_names(session, {row.run_id for row in rows[:MOST_VERSIONS]})
            datasets = dataset_names(session, {row.dataset_id or "" for row in rows[:MOST_VERSIONS]})
        graph = _Graph(runs, datasets)
        for row in rows[:MOST_VERSIONS]:
            graph.version(row, names.get(row.version, []))
            if row.version in counts:
                made, judged, first_at, last_at = counts[row.version]
                shown = MadePredictions(made=made, judged=judged, first_at=first_at, last_at=last_at)
                graph.node(
                    LineageNode(
                        id=f"predictions:{row.version}",
                        kind="predictions",
                        label=str(made),
                        version=row.version,
                        predictions=shown,
                    )
                )
                graph.edge(f"version:{row.version}", f"predictions:{row.version}", "said")
        graph.parents(rows[:MOST_VERSIONS])
        return LineageOut(
            model=owner.name,
            nodes=list(graph.nodes.values()),
            edges=list(graph.edges.values()),
            left_out=max(0, len(rows) - MOST_VERSIONS),
        )


class _Graph:
    """Nodes and edges of a graph, each once, in the order in which they were added.

    Args:
        runs: names of runs by id.
        datasets: names of datasets by id.
    """

    def __init__(self, runs: Mapping[str, str], datasets: Mapping[str, str]) -> None:
        self._runs = runs
        self._datasets = datasets
        self.nodes: dict[str, LineageNode] = {}
        self.edges: dict[tuple[str, str], LineageEdge] = {}

    def node(self, node: LineageNode) -> None:
        self.nodes.setdefault(node.id, node)

    def edge(self, start: str, end: str, kind: Literal["learned", "made", "said", "champion_then", "imported"]) -> None:
        self.edges.setdefault((start, end), LineageEdge(start=start, end=end, kind=kind))

    def version(self, row: ModelVersion, aliases: Sequence[str]) -> None:
        mine = f"version:{row.version}"
        self.node(
            LineageNode(
                id=mine,
                kind="version",
                label=f"v{row.version}",
                version=row.version,
                aliases=list(aliases),
                plugin=row.plugin,
            )
        )
        if row.imported is not None:
            origin = Origin(**row.imported.model_dump(include=set(Origin.model_fields)))
            there = f"origin:{origin.bundle_sha256[:16]}"
            self.node(LineageNode(id=there, kind="origin", label=f"{origin.model} v{origin.version}", origin=origin))
            self.edge(there, mine, "imported")
            return
        run = f"run:{row.run_id}"
        self.node(
            LineageNode(
                id=run,
                kind="run",
                label=row.run_id,
                name=self._runs.get(row.run_id),
                run_id=row.run_id,
                code_version=row.code_version,
            )
        )
        self.edge(run, mine, "made")
        if row.dataset_id is not None:
            dataset = self._datasets.get(row.dataset_id, row.dataset_id)
            data = f"dataset:{row.dataset_id}:{row.dataset_version}"
            self.node(
                LineageNode(
                    id=data,
                    kind="dataset",
                    label=f"{dataset} v{row.dataset_version}",
                    dataset=dataset,
                    version=row.dataset_version,
                    fingerprint=row.dataset_fingerprint,
                )
            )
            self.edge(data, run, "learned")

    def parents(self, rows: Sequence[ModelVersion]) -> None:
        """Add an edge to each version from the version that was champion when it was evaluated."""
        for row in rows:
            if row.parent_version is not None and f"version:{row.parent_version}" in self.nodes:
                self.edge(f"version:{row.parent_version}", f"version:{row.version}", "champion_then")
