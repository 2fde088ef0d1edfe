import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Lineage } from "../../api/types";
import { usePaths } from "../../projects/session";
import { Badge } from "../../ui/Badge";
import { Hash } from "../../ui/Facts";
import css from "../Models.module.css";

type Node = Lineage["nodes"][number];

/** One line of boxes for each version: data → run → version → predictions. It is a list, so that screen readers can read it. */
export function LineageList({ lineage: { nodes, edges } }: { lineage: Lineage }) {
  const { t } = useTranslation();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const before = (id: string, kinds: readonly string[]) => {
    const edge = edges.find((each) => each.end === id && kinds.includes(each.kind));
    return edge ? byId.get(edge.start) : undefined;
  };
  const lines = nodes
    .filter((node) => node.kind === "version")
    .map((version) => {
      const maker = before(version.id, ["made", "imported"]);
      const data = maker ? before(maker.id, ["learned"]) : undefined;
      const said = edges.find((each) => each.start === version.id && each.kind === "said");
      return [data, maker, version, said ? byId.get(said.end) : undefined].filter((node) => node !== undefined);
    });
  return (
    <ul className={css["lineage"]}>
      {lines.map((line) => (
        <li key={line.map((node) => node.id).join(" ")}>
          <ol className={css["chain"]}>
            {line.map((node) => (
              <li key={node.id} className={css["node"]}>
                <span className={css["soft"]}>{t(`life.${node.kind}`)}</span>
                <NodeName node={node} />
              </li>
            ))}
          </ol>
        </li>
      ))}
    </ul>
  );
}

function NodeName({ node }: { node: Node }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (node.kind === "run" && node.run_id) {
    return (
      <Link href={paths.run(node.run_id)} title={node.run_id} dir="auto">
        {node.name ?? <Hash value={node.run_id} length={8} />}
      </Link>
    );
  }
  if (node.kind === "dataset" && node.dataset) return <Link href={paths.dataset(node.dataset)}>{node.label}</Link>;
  if (node.predictions) return <span>{t("life.said", { count: node.predictions.made })}</span>;
  return (
    <span>
      {node.label}{" "}
      {node.aliases.map((alias) => (
        <Badge key={alias} tone={alias === "champion" ? "azure" : "quiet"}>
          {alias}
        </Badge>
      ))}
    </span>
  );
}
