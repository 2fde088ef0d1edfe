import type { ModelDetail } from "../api/types";
import { CardView } from "./CardView";
import { DeploymentsCard } from "./DeploymentsCard";
import { LineageCard } from "./LineageCard";
import { PolicyCard } from "./PolicyCard";

/** Cards of a model's life cycle: deployments, promotion policy, lineage and model card. */
export default function LifeCards({ model, writer }: { model: ModelDetail; writer: boolean }) {
  return (
    <>
      <DeploymentsCard model={model} writer={writer} />
      <PolicyCard name={model.name} kind={model.version_list[0]?.kind} writer={writer} />
      <LineageCard name={model.name} />
      <CardView model={model} writer={writer} />
    </>
  );
}
