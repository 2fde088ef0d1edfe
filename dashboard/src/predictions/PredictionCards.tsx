import { mayWrite, useSession } from "../projects/session";
import type { ModelDetail } from "../api/types";
import { imageClasses } from "../models/dataSchema";
import { BatchCard } from "./BatchCard";
import { DriftCard } from "./DriftCard";
import { LedgerCard } from "./LedgerCard";
import { LiveScoresCard } from "./LiveScoresCard";

/** Cards of a model's predictions: live scores, drift, the ledger, and predictions over whole datasets. */
export default function PredictionCards({ model: detail }: { model: ModelDetail }) {
  const session = useSession();
  const model = detail.name;
  const champion = detail.champion !== null;
  const images = imageClasses(detail.version_list[0]) !== null; // the API does not detect drift in images
  return (
    <>
      <LiveScoresCard model={model} />
      {champion && !images ? <DriftCard model={model} /> : null}
      <LedgerCard model={detail} />
      {champion && mayWrite(session) ? <BatchCard model={model} /> : null}
    </>
  );
}
