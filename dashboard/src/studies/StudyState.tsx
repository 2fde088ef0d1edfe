import { useTranslation } from "react-i18next";

import type { Study, Trial } from "../api/types";
import { Badge, type BadgeTone } from "../ui/Badge";

const STUDY: Record<Study["state"], BadgeTone> = { running: "azure", paused: "quiet", stopped: "quiet", finished: "good", failed: "bad" };
const TRIAL: Record<Trial["state"], BadgeTone> = { running: "azure", complete: "good", pruned: "ember", failed: "bad" };

export function StudyState({ state }: { state: Study["state"] }) {
  const { t } = useTranslation();
  return (
    <Badge tone={STUDY[state]} pulse={state === "running"} testId="study-state">
      {t(`studies.states.${state}`)}
    </Badge>
  );
}

export function TrialState({ state }: { state: Trial["state"] }) {
  const { t } = useTranslation();
  return (
    <Badge tone={TRIAL[state]} pulse={state === "running"}>
      {t(`studies.trialStates.${state}`)}
    </Badge>
  );
}
