import type { ModelDetail } from "../api/types";
import { CardView } from "./CardView";
import { DeploymentsCard } from "./DeploymentsCard";
import { LineageCard } from "./LineageCard";
import { PolicyCard } from "./PolicyCard";

/** What surrounds a model's versions: who is tried next to the champion, the gate's terms, lineage, the card. */
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
