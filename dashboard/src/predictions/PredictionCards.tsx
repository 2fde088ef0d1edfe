import { mayWrite, useSession } from "../projects/session";
import { BatchCard } from "./BatchCard";
import { DriftCard } from "./DriftCard";
import { LedgerCard } from "./LedgerCard";
import { LiveScoresCard } from "./LiveScoresCard";

/** What became of a model's predictions: live scores, drift, the ledger, and predictions over whole datasets. */
export default function PredictionCards({ model, champion }: { model: string; champion: boolean }) {
  const session = useSession();
  return (
    <>
      <LiveScoresCard model={model} />
      {champion ? <DriftCard model={model} /> : null}
      <LedgerCard model={model} />
      {champion && mayWrite(session) ? <BatchCard model={model} /> : null}
    </>
  );
}
