// Places of a lineage graph: one column for each kind, one line for each version.
import type { Lineage } from "../../api/types";

type Node = Lineage["nodes"][number];

export const WIDTH = 188;
export const HEIGHT = 48;
const GAP_X = 56;
const GAP_Y = 16;
const STEP = HEIGHT + GAP_Y;

/** `aliases` are boxes of their own, after the version that they point to. */
export type Place = { id: string; x: number; y: number } & ({ kind: "node"; node: Node } | { kind: "aliases"; version: number; aliases: readonly string[] });

export interface Wire {
  id: string;
  from: Place;
  to: Place;
}

export interface Layout {
  places: Place[];
  wires: Wire[];
  width: number;
  height: number;
}

const COLUMN: Record<Node["kind"], number> = { dataset: 0, run: 1, origin: 1, version: 2, predictions: 3 };

/** Return the graph of the given versions: datasets → runs or bundles → versions → aliases. */
export function layoutOf(lineage: Lineage, versions: readonly number[]): Layout {
  const byId = new Map(lineage.nodes.map((node) => [node.id, node]));
  const wanted = lineage.nodes.filter((node) => node.kind === "version" && node.version !== null && node.version !== undefined && versions.includes(node.version));
  const before = (id: string): Node[] => lineage.edges.filter(({ end, kind }) => end === id && kind !== "champion_then").flatMap(({ start }) => byId.get(start) ?? []);
  const line = new Map<string, number>(wanted.map((node, index) => [node.id, index]));
  const makers = unique(wanted.flatMap(({ id }) => before(id)));
  const datasets = unique(makers.flatMap(({ id }) => before(id)));
  const next = (id: string, of: readonly Node[]) => lineage.edges.filter(({ start, kind }) => start === id && kind !== "champion_then").flatMap(({ end }) => of.find((node) => node.id === end)?.id ?? []);
  spread(makers, (node) => next(node.id, wanted), line);
  spread(datasets, (node) => next(node.id, makers), line);
  const places: Place[] = [...datasets, ...makers, ...wanted].map((node) => ({ kind: "node", id: node.id, node, x: COLUMN[node.kind] * (WIDTH + GAP_X), y: (line.get(node.id) ?? 0) * STEP }));
  const placed = new Map(places.map((place) => [place.id, place]));
  const wires: Wire[] = lineage.edges.flatMap(({ start, end, kind }) => {
    const [from, to] = [placed.get(start), placed.get(end)];
    return from && to && kind !== "champion_then" ? [{ id: `${start} ${end}`, from, to }] : [];
  });
  for (const node of wanted) {
    const from = placed.get(node.id);
    if (from === undefined || node.aliases.length === 0) continue;
    const to: Place = { kind: "aliases", id: `aliases:${node.id}`, version: node.version ?? 0, aliases: node.aliases, x: 3 * (WIDTH + GAP_X), y: from.y };
    places.push(to);
    wires.push({ id: `${from.id} ${to.id}`, from, to });
  }
  const bottom = places.reduce((most, { y }) => Math.max(most, y), 0);
  return { places, wires, width: 4 * WIDTH + 3 * GAP_X, height: bottom + HEIGHT };
}

/** Put nodes at the mean line of what follows them, in that order and never on top of each other. */
function spread(nodes: readonly Node[], after: (node: Node) => readonly string[], line: Map<string, number>): void {
  const wished = nodes.map((node) => {
    const lines = after(node).map((id) => line.get(id) ?? 0);
    return { node, at: lines.length === 0 ? 0 : lines.reduce((sum, one) => sum + one, 0) / lines.length };
  });
  wished.sort((one, other) => one.at - other.at);
  let free = 0;
  for (const { node, at } of wished) {
    const place = Math.max(free, at);
    line.set(node.id, place);
    free = place + 1;
  }
}

const unique = (nodes: readonly Node[]): Node[] => [...new Map(nodes.map((node) => [node.id, node])).values()];
